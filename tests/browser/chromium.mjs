// Unpacks the Chromium of @sparticuz/chromium, with its fonts and the libraries that a bare machine lacks.
// node tests/browser/chromium.mjs FOLDER: everything goes to FOLDER, which must be empty.

const [folder] = process.argv.slice(2)
process.env.TMPDIR = folder
// The package unpacks the libraries only where it believes to be on Lambda.
process.env.AWS_EXECUTION_ENV = "AWS_Lambda_nodejs20.x"

const { default: chromium } = await import("@sparticuz/chromium")
await chromium.executablePath()

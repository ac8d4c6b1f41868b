// A wallet in the page, for tests: EIP-1193, announced by EIP-6963. Whoever holds its key answers outside of the page.
(() => {
  const provider = {
    async request({ method, params = [] }) {
      const { result, error } = await window.askTestWallet(method, params)
      if (error) throw Object.assign(new Error(error.message), { code: error.code })
      return result
    },
  }
  const info = { uuid: "350670db-19fa-4704-a166-e52e178b59d2", name: "Test Wallet", rdns: "test.wallet", icon: "data:," }
  const announce = () =>
    window.dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail: Object.freeze({ info, provider }) }))
  window.addEventListener("eip6963:requestProvider", announce)
  announce()
})()

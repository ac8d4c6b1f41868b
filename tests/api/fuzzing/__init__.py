"""The API asked whatever its OpenAPI document allows, and what it does not: schemathesis on real parts."""

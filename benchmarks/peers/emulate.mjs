// emulate's Stripe service: `node emulate.mjs PORT TOKENS`. It counts 5,000 requests an hour for each token and
// refuses further ones, so the benchmark goes round many tokens.
import { createEmulator } from "emulate";

const [port, tokens] = process.argv.slice(2).map(Number);
const seed = { tokens: {}, stripe: { customers: [] } };
for (let number = 0; number < tokens; number += 1) {
  seed.tokens[`token-${number}`] = { login: "admin", scopes: [] };
}
await createEmulator({ service: "stripe", port, seed });

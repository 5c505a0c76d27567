// The same work on bare node:http, without a framework: `node plain_http.mjs PORT FILE` with a JSON list of contacts,
// newest first. No fake that is built on node:http, through Koa or Express, can be faster.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";

const KEY = "Bearer bench";
const [port, file] = process.argv.slice(2);
const contacts = new Map();
const order = [];
const place = new Map();
const add = (contact) => {
  place.set(contact.id, order.length);
  order.push(contact.id);
  contacts.set(contact.id, contact);
};
JSON.parse(readFileSync(file, "utf8")).reverse().forEach(add);

const answer = (response, status, document) => {
  const body = JSON.stringify(document);
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
  response.end(body);
};

const list = (query) => {
  const limit = Number(query.get("limit") ?? 50);
  const after = query.get("after");
  const end = after ? place.get(after) : order.length;
  const begin = Math.max(0, end - limit);
  const results = order.slice(begin, end).reverse().map((id) => contacts.get(id));
  const next = begin > 0 ? results.at(-1).id : null;
  return { url: "/contacts", results, pagination: { next_cursor: next } };
};

createServer((request, response) => {
  if (request.headers.authorization !== KEY) return answer(response, 401, {});
  const url = new URL(request.url, "http://127.0.0.1");
  if (request.method === "POST") {
    const pieces = [];
    request.on("data", (piece) => pieces.push(piece));
    request.on("end", () => {
      const contact = { id: `co_${order.length}`, ...JSON.parse(Buffer.concat(pieces)) };
      add(contact);
      answer(response, 200, contact);
    });
    return undefined;
  }
  if (url.pathname === "/contacts") return answer(response, 200, list(url.searchParams));
  const contact = contacts.get(url.pathname.slice("/contacts/".length));
  return contact ? answer(response, 200, contact) : answer(response, 404, {});
}).listen(Number(port), "127.0.0.1");

// Starts the client that keeps the page alive, if there is one.
const { exec, wasm } = document.querySelector("script[data-wasm]").dataset;
if (exec && wasm) {
  const [client] = await Promise.all([WebAssembly.compileStreaming(fetch(wasm)), import(exec)]);
  const go = new Go();
  go.run(await WebAssembly.instantiate(client, go.importObject));
}

/* Requests that travel through Forge: its servers add who is calling, and carry JSON only (forge_tunnel.py). */
import { invokeRemote } from "@forge/bridge";

const SCREENS = "/forge/screens";

export async function fetchScreen(method, path, form = "", headers = {}) {
  const sent = { method, path, form, headers };
  const answer = await invokeRemote({ path: SCREENS, method: "POST", headers: { "Content-Type": "application/json" }, body: sent });
  const told = typeof answer.body === "string" ? JSON.parse(answer.body) : answer.body;
  if (!told || typeof told.status !== "number") throw new Error("no answer");
  return told;
}

/* A file of ours. What is not text comes in base64, as JSON cannot carry it. */
export async function fetchFile(path) {
  const answer = await fetchScreen("GET", path);
  const body = answer.encoding === "base64" ? Uint8Array.from(atob(answer.body), (each) => each.charCodeAt(0)) : answer.body;
  return new Response(body, { status: answer.status, headers: answer.headers });
}

/* As much of XMLHttpRequest as htmx uses. */
export class RemoteRequest extends EventTarget {
  constructor() {
    super();
    Object.assign(this, { status: 0, response: "", responseText: "", responseURL: "", timeout: 0, upload: new EventTarget() });
    this.sent = {};
    this.told = {};
  }

  open(method, path) {
    this.method = method;
    this.path = path;
  }

  overrideMimeType() {}

  setRequestHeader(name, value) {
    this.sent[name] = String(value);
  }

  abort() {
    this.aborted = true;
    this.onabort?.();
  }

  getResponseHeader(name) {
    const found = Object.entries(this.told).find(([each]) => each.toLowerCase() === name.toLowerCase());
    return found ? found[1] : null;
  }

  getAllResponseHeaders() {
    return Object.entries(this.told).map(([name, value]) => `${name}: ${value}`).join("\r\n");
  }

  send(form) {
    this.dispatchEvent(new Event("loadstart"));
    fetchScreen(this.method, this.path, form ? String(form) : "", this.sent)
      .then((answer) => this.finish(answer), () => this.aborted || this.onerror?.())
      .finally(() => this.dispatchEvent(new Event("loadend")));
  }

  finish(answer) {
    if (this.aborted) return;
    this.status = answer.status;
    this.told = answer.headers || {};
    this.response = this.responseText = answer.body || "";
    this.onload?.();
  }
}

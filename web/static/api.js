// Asks the server. Every answer is JSON; a refusal comes as a Problem that says what to try.

export class Problem extends Error {
  constructor({ title, detail, hint, status }) {
    super(detail || title);
    this.hint = hint || "";
    this.status = status;
  }
}

/** The address of a page or an endpoint with the parameters that have a value. */
export function address(path, parameters = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value != null && value !== "") query.set(name, value);
  }
  return query.size ? `${path}?${query}` : path;
}

/** GET /api/v1/<name>. Throws Problem for a refusal, TypeError where nobody answers. */
export async function get(name, parameters = {}) {
  // "no-cache" asks with the ETag of the last answer: unchanged ones cost next to nothing
  const response = await fetch(address(`/api/v1/${name}`, parameters), { cache: "no-cache" });
  const answer = await response.json().catch(() => ({ title: response.statusText }));
  if (!response.ok) throw new Problem({ ...answer, status: response.status });
  return answer;
}

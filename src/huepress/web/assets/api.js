// The server's routes. What fails becomes an Error with a sentence for people.
const UNREACHABLE = "The server does not answer. Is huepress serve still running?";
const UNREADABLE = "This cannot be read: it is a folder, or the file has changed since it was chosen.";

async function ask(path, options = {}) {
  let response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error((await isReadable(options.body)) ? UNREACHABLE : UNREADABLE);
  }
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({ detail: UNREACHABLE }));
  throw Object.assign(new Error(`${problem.detail[0].toUpperCase()}${problem.detail.slice(1)}.`.replace(/\.\.$/, ".")), {
    status: response.status,
  });
}

// Browsers send no file that they cannot read, and do not say so.
const isReadable = (file) =>
  !file ||
  file.slice(0, 1).arrayBuffer().then(
    () => true,
    () => false,
  );

export async function addPicture(file, signal) {
  const headers = { "Content-Type": "application/octet-stream" };
  return (await ask("/api/pictures", { method: "POST", body: file, headers, signal })).json();
}

// Does something with the picture's id; a picture that the server has forgotten is sent again.
async function withPicture(picture, use, signal) {
  try {
    return await use(picture.facts.id);
  } catch (error) {
    if (error.status !== 404) throw error;
    picture.facts = await addPicture(picture.file, signal);
    return use(picture.facts.id);
  }
}

const blob = async (path, signal) => (await ask(path, { signal })).blob();

export const original = (picture, signal) => withPicture(picture, (id) => blob(`/api/pictures/${id}/original`, signal), signal);

// A result and the bytes of its file: what is shown and what is downloaded are one and the same blob.
export const result = (picture, query, signal) =>
  withPicture(
    picture,
    async (id) => {
      const facts = await (await ask(`/api/pictures/${id}/result?${query}`, { signal })).json();
      return { ...facts, query, blob: await blob(facts.file, signal) };
    },
    signal,
  );

export const chart = (picture, kind, sha256) =>
  withPicture(picture, async (id) => (await ask(`/api/pictures/${id}/chart?kind=${kind}&result=${sha256}`)).text());

export const convergence = (picture, query) =>
  withPicture(picture, async (id) => (await ask(`/api/pictures/${id}/convergence?${query}`)).json());

export const palette = (sha256, format) => blob(`/api/results/${sha256}/palette?format=${format}`);

export const forget = (id) => ask(`/api/pictures/${id}`, { method: "DELETE" }).catch(() => {});

// Figures as people write them.
export const size = (bytes) =>
  bytes < 1000 ? `${bytes} B` : bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(2)} MB`;

export const share = (part) => (part > 0 && part < 0.001 ? "< 0.1 %" : `${(100 * part).toFixed(1)} %`);

export const seconds = (time) => (time < 1 ? `${Math.round(1000 * time)} ms` : `${time.toFixed(1)} s`);

export const colors = (count) => `${count} colour${count === 1 ? "" : "s"}`;

export const quality = (score) =>
  score >= 90 ? "visually lossless" : score >= 70 ? "high" : score >= 50 ? "medium" : score >= 30 ? "low" : "very low";

// A word as POSIX shells read it.
export const quoted = (word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`);

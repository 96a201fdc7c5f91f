// Puts a text on the clipboard; false if the browser does not let it.
export async function hpCopy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {  // a page from a file may have no clipboard: the old way
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    const copied = document.execCommand("copy");
    field.remove();
    return copied;
  }
}

// Pages as text: nothing gets into one unescaped, and none loads anything from anywhere.

export const HTML_TYPE = "text/html; charset=utf-8";

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Returns a text as HTML, for content and for attributes in double quotes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character] as string);
}

/** Returns a page's answer. */
export function htmlResponse(page: string): Response {
  return new Response(page, {
    headers: {
      "content-type": HTML_TYPE,
      "cache-control": "no-store",
      "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
      "x-content-type-options": "nosniff",
    },
  });
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Text as XML may hold it: what would be markup is escaped, what XML 1.0 forbids becomes a replacement character. */
export function escapeXml(text: string): string {
  return text.replace(FORBIDDEN, '\uFFFD').replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

/** Control characters, halves of surrogate pairs and non-characters (XML 1.0, production 2). */
const FORBIDDEN = /[\p{Cc}\p{Cs}\uFFFE\uFFFF]/gu;

/** Advance of a character in ems, of DejaVu Sans, which is among the widest: others leave some room. */
function advance(character: string): number {
  if (/[ijlI.,:;'|!]/.test(character)) return 0.33;
  if (/[ frt()[\]{}/\\-]/.test(character)) return 0.4;
  if (/[mwMW%@]/.test(character)) return 0.96;
  if (/[A-Z]/.test(character)) return 0.7;
  return character.charCodeAt(0) > 0x2e80 ? 1.05 : 0.62;
}

/** About how wide a line is, px: whoever draws cannot ask the font. */
export function textWidth(text: string, size: number, bold: boolean): number {
  let ems = 0;
  for (const character of text) ems += advance(character);
  return ems * size * (bold ? 1.1 : 1);
}

/** As much of the text as fits, with an ellipsis where something is left out. */
export function fitted(text: string, widthMax: number, size: number, bold: boolean): string {
  if (textWidth(text, size, bold) <= widthMax) return text;
  let kept = '';
  let width = textWidth('…', size, bold);
  for (const character of text) {
    width += textWidth(character, size, bold);
    if (width > widthMax) break;
    kept += character;
  }
  return `${kept.trimEnd()}…`;
}

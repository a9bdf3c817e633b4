// A reader of Prometheus rule files, for the part of YAML that ours are written in: nested maps and lists by two spaces,
// plain and double-quoted scalars, folded blocks (>-).

export interface Rule {
  readonly group: string;
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Returns a file's rules. @throws Error naming the line that is written otherwise */
export function parseRules(text: string): Rule[] {
  const rules: Record<string, any>[] = [];
  let group = "";
  let section: Record<string, string> | undefined;
  const lines = text.split("\n");
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] as string;
    if (/^(?:#.*)?$/.test(line) || /^groups:$/.test(line) || /^ {4}rules:$/.test(line)) continue;
    const [, indent = "", dash = "", key = "", rest = ""] = /^( +)(- )?(\w+):(?: (.+))?$/.exec(line) ?? [];
    const depth = indent.length + dash.length;
    let value = rest.startsWith('"') ? (JSON.parse(rest) as string) : rest;
    if (rest === ">-") {
      const folded: string[] = [];
      for (; lines[i + 1]?.startsWith(" ".repeat(depth + 2)) === true; i++)
        folded.push((lines[i + 1] as string).trim());
      value = folded.join(" ");
    }
    const rule = rules.at(-1);
    if (depth === 4 && dash !== "" && key === "name") group = value;
    else if (depth === 8 && dash !== "") rules.push({ group, labels: {}, annotations: {}, [key]: value });
    else if (depth === 8 && rest !== "" && rule !== undefined) rule[key] = value;
    else if (depth === 8 && rule !== undefined) rule[key] = section = {};
    else if (depth === 10 && rest !== "" && section !== undefined) section[key] = value;
    else throw new Error(`line ${i + 1} is not as rules are written here: ${line}`);
  }
  return rules as unknown as Rule[];
}

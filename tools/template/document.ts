import {
  EXPRESSION_MAX,
  FUNCTIONS,
  LIMITS,
  REFUSED,
  STEPS_MAX,
  VALUE_MAX,
  WRITTEN_MAX,
} from '@trusted-launch/template'

const MANY = 800

/** docs/template-functions.md. */
export function functionsDocument(): string {
  const done = Object.entries(FUNCTIONS).flatMap(([kind, of]) =>
    Object.entries(of).map(([name, { takes }]) => `| \`${name}\` | ${kind} | ${counted(takes)} |`),
  )
  const refused = Object.entries(REFUSED).map(([name, why]) => `| \`${name}\` | ${why} |`)
  return `# What templates may say

Made from the tables of [packages/template](../packages/template/README.md) by \`npm run template\`.

## Functions that are there

| function | kind | arguments |
| --- | --- | --- |
${done.join('\n')}

Functions of a template's own (\`functions\`) are there too. \`utcNow\` and \`newGuid\` stand in defaults of parameters only; \`format\` knows \`{0}\`, \`{0:D4}\` and
\`{0:X}\`; times are written with \`yyyy\`, \`MM\`, \`dd\`, \`HH\`, \`mm\`, \`ss\`, \`fff\`, \`u\`, \`s\`, \`d\` and \`o\`.

## Functions that are refused, by name

| function | why |
| --- | --- |
${refused.join('\n')}

Every other name is refused as unknown. Refused in templates: \`templateLink\` (nothing is fetched), key vault references, \`definitions\`, \`apiProfile\`, \`imports\`, \`extensions\`,
schemas of management groups and tenants.

## Limits

| | |
| --- | --- |
| a template as sent, in bytes | ${LIMITS.templateBytes} |
| resources, copies counted | ${LIMITS.resources} |
| parameters, variables, outputs | ${LIMITS.parameters}, ${LIMITS.variables}, ${LIMITS.outputs} |
| one expression, in characters | ${EXPRESSION_MAX} |
| steps of an evaluation | ${STEPS_MAX} |
| what expressions make in all, in characters and values | ${WRITTEN_MAX} |
| one value, in characters and values | ${VALUE_MAX} |
`
}

function counted([least, most]: readonly [number, number]): string {
  if (most === MANY) return `${least} or more`
  return least === most ? String(least) : `${least} to ${most}`
}

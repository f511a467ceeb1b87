import { type Page, pageOf } from './pages.ts'

/** What stands above is written by hand, what stands below by this tool. */
export const MARK = '<!-- Below: made from the contract by `npm run resources`. -->\n'

const SHORT = [
  ['/subscriptions/{subscriptionId}', '{subscription}'],
  ['{subscription}/resourceGroups/{resourceGroup}', '{group}'],
] as const

/** Endpoints with the rights they need, and the members of a type down to its properties. */
export function generatedOf(page: Page, contract: any): string {
  const rows = Object.entries<any>(contract.paths)
    .filter(([path]) => pageOf(path) === page)
    .flatMap(([path, methods]) =>
      Object.entries<any>(methods).map(([method, { description }]) => {
        const right = /`(.*)`/.exec(description)![1]
        return `| ${method.toUpperCase()} | \`${shortened(path)}\` | \`${right}\` |\n`
      }),
    )
  const endpoints = `## Endpoints\n\n\`{group}\` is \`/subscriptions/{subscriptionId}/resourceGroups/{resourceGroup}\`.\n\n| | path | right |\n| --- | --- | --- |\n${rows.join('')}`
  if (page.model === null) return `${MARK}\n${endpoints}`
  const members = membersOf(page.model, contract.components.schemas)
  return `${MARK}\n${endpoints}\n## Members of ${page.model}\n\n| member | kind |\n| --- | --- |\n${members.join('')}`
}

function shortened(path: string): string {
  return SHORT.reduce((text, [long, short]) => text.replace(long, short), path)
}

function membersOf(model: string, schemas: any, prefix = ''): string[] {
  return Object.entries<any>(schemas[model]?.properties ?? {}).flatMap(([name, schema]) => {
    const inner = /([^/]+)$/.exec(schema.$ref ?? '')?.[1]
    if (name === 'properties' && inner !== undefined)
      return membersOf(inner, schemas, 'properties.')
    const note = schema.readOnly === true ? ', in answers only' : ''
    return [`| \`${prefix}${name}\` | ${kindOf(schema)}${note} |\n`]
  })
}

function kindOf(schema: any): string {
  if (schema.$ref !== undefined) return /([^/]+)$/.exec(schema.$ref)![1]!
  if (schema.type === 'array') return `list of ${kindOf(schema.items)}`
  if (schema.type === 'object') return `map to ${kindOf(schema.additionalProperties)}`
  return schema.type ?? 'any'
}

/** Renews what is generated in docs/resources, and leaves what is written by hand. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { generatedOf, MARK } from './generated.ts'
import { pages } from './pages.ts'

const contract = JSON.parse(readFileSync('packages/api/openapi.json', 'utf8'))
for (const page of pages) {
  const path = `docs/resources/${page.name}.md`
  const before = existsSync(path) ? readFileSync(path, 'utf8') : `# ${page.name}\n\n${MARK}`
  writeFileSync(path, before.slice(0, before.indexOf(MARK)) + generatedOf(page, contract))
}

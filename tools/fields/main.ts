/** Writes packages/api/src/fields/*.json, what Azure's client libraries can send, and docs/fields.md, what becomes of it. */
import { readFileSync, writeFileSync } from 'node:fs'
import { documentedTypes, fieldsDocument } from './document.ts'
import { libraries, modelsOf } from './libraries.ts'
import { tablesOf } from './table.ts'

for (const library of libraries) {
  const text = modelsOf(library, (path) => readFileSync(path, 'utf8'))
  const tables = tablesOf(text, library.roots)
  const path = `packages/api/src/fields/${library.name}.json`
  writeFileSync(path, `${JSON.stringify(tables, null, 2)}\n`)
  process.stdout.write(`${path}: ${Object.keys(tables).length} types\n`)
}
writeFileSync('docs/fields.md', fieldsDocument(documentedTypes))

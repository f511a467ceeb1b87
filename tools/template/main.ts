/** Writes docs/template-functions.md: what templates may say, for people. */
import { writeFileSync } from 'node:fs'
import { functionsDocument } from './document.ts'

writeFileSync('docs/template-functions.md', functionsDocument())

/** Writes docs/recommendations.md and docs/alerts.md: what posture knows, for people. */
import { writeFileSync } from 'node:fs'
import { alertsDocument, recommendationsDocument } from './documents.ts'

writeFileSync('docs/recommendations.md', recommendationsDocument())
writeFileSync('docs/alerts.md', alertsDocument())

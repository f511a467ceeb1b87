import pg from 'pg'
import { storable } from './storable.ts'

const STATEMENTS_MAX = 500

/** Statement texts and the names under which each connection prepares them. */
const names = new Map<string, string>()

/** A statement with parameters is planned once a connection. */
export class PreparingClient extends pg.Client {
  override query(text: any, values?: any, callback?: any): any {
    if (typeof text !== 'string' || !Array.isArray(values) || values.length === 0)
      return super.query(text, values, callback)
    return super.query({ ...nameOf(text), text, values: [...storable(values)] }, callback)
  }
}

function nameOf(text: string): { name?: string } {
  const known = names.get(text)
  if (known !== undefined) return { name: known }
  if (names.size >= STATEMENTS_MAX) return {}
  const name = `s${names.size}`
  names.set(text, name)
  return { name }
}

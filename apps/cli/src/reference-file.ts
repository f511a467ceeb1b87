import { renameSync, writeFileSync } from 'node:fs'
import {
  checkReferenceValues,
  parseReferenceValues,
  type ReferenceValues,
  referenceValuesBytesMax,
} from '@trusted-launch/attestation'
import { partFrom } from './input-fault.ts'
import { reasonOf } from './input-file.ts'
import { jsonText, type Output } from './output.ts'

/** Reference values out of a file. @throws {InputFault} they are none. */
export function readReferences(path: string): ReferenceValues {
  return partFrom(
    'reference-values.malformed',
    path,
    'reference values',
    referenceValuesBytesMax,
    parseReferenceValues,
  )
}

/** Writes them where `--out` says, whole or not at all; to the output when it says nothing. */
export function writeReferences(
  values: ReferenceValues,
  path: string | undefined,
  output: Output,
): void {
  const text = jsonText(checkReferenceValues(values))
  if (path === undefined || path === '-') {
    output.out(text)
    return
  }
  const beside = `${path}.${process.pid}.new`
  try {
    writeFileSync(beside, text)
    renameSync(beside, path)
  } catch (cause) {
    throw new Error(`cannot write ${path}: ${reasonOf(cause)}`, { cause })
  }
}

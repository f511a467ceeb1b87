import assert from 'node:assert/strict'
import test from 'node:test'
import { MalformedError } from '@trusted-launch/codec'
import { decodedFrom, readInput } from '../src/input-file.ts'
import { fileOf } from './a-run.ts'

const refuse = () => {
  throw new MalformedError('Log.size', 3, 'truncated')
}
const told = (content: string) => {
  const path = fileOf('given', content)
  try {
    decodedFrom(path, 'a log', 100, refuse)
  } catch (error) {
    assert.ok(error instanceof MalformedError)
    return error.message.replace(path, 'FILE')
  }
  return assert.fail()
}

test('a file that is wrong somewhere is refused with the field and the byte', () => {
  assert.equal(told('rubbish'), 'FILE: not a log: Log.size: truncated at byte 3')
})

test('a file that is wrong as a whole is refused in words that name no byte', () => {
  assert.equal(told(''), 'FILE: not a log: the file is empty')
  assert.equal(
    told('{"record":{}}'),
    'FILE: not a log: it looks like an appraisal record (tl appraise)',
  )
  const path = fileOf('given', 'four')
  assert.throws(() => readInput(path, 3), { message: `${path}: more than 3 bytes` })
})

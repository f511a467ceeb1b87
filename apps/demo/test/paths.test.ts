import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { cacheDirectory, demoFolder, shownPath, tlLine, userPath } from '../src/paths.ts'
import { aFolder } from './a-disk.ts'

const root = join(cacheDirectory, '..')

test('paths are of where the user is, and lines to type work there', (t) => {
  const [cwd, typedIn] = [process.cwd(), process.env.INIT_CWD]
  t.after(() => {
    process.chdir(cwd)
    if (typedIn === undefined) delete process.env.INIT_CWD
    else process.env.INIT_CWD = typedIn
  })
  const record = join(demoFolder, 'clean.json')

  process.chdir(root)
  delete process.env.INIT_CWD
  assert.equal(tlLine('appraise', record), 'npx tl appraise .cache/demo/clean.json')
  assert.equal(shownPath(record), '.cache/demo/clean.json')
  assert.equal(userPath('x'), join(root, 'x'))

  process.env.INIT_CWD = join(root, 'apps')
  assert.equal(tlLine('appraise', record), `npx tl appraise ${record}`)
  assert.equal(userPath('../x'), join(root, 'x'))
  assert.equal(shownPath(record), record)
  assert.equal(userPath('/x'), '/x')

  const elsewhere = aFolder(t)
  process.chdir(elsewhere)
  assert.equal(tlLine('appraise', record), `${root}/node_modules/.bin/tl appraise ${record}`)
  assert.equal(tlLine('a', join(elsewhere, "it's")), `${root}/node_modules/.bin/tl a 'it'\\''s'`)
  assert.equal(userPath('x'), join(elsewhere, 'x'))
})

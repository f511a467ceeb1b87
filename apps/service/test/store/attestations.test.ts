import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { sql } from 'kysely'
import type { Retention, Store } from '../../src/domain/store.ts'
import { migrate, migrations } from '../../src/store/migrate.ts'
import { openEngine } from '../../src/store/open-engine.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import { asBytes, asWritten } from '../../src/store/written-bytes.ts'
import { onEach } from './databases.ts'
import { attestation, SHARED } from './samples.ts'

/** Nothing goes by age, number or size. */
const all: Retention = {
  before: { affirming: 0, others: 0 },
  keep: { affirming: 1000, others: 1000 },
  ...{ bytes: Number.MAX_SAFE_INTEGER, except: [] },
}

async function fill(store: Store, ids: string, vm = 'vm-a', tier = 'affirming'): Promise<void> {
  for (const id of ids)
    await store.attestations.insert(attestation(id, id.charCodeAt(0), vm, tier), SHARED)
}

test('any bytes come back as they were, whatever in them looks like hexadecimal or base64url', () => {
  for (let i = 0; i < 600; i++) {
    const bytes = randomBytes(i)
    const written = [
      bytes.toString('hex'),
      bytes.toString('base64url'),
      `"${bytes.toString('hex')}`,
    ]
    const odd = `${bytes.toString('hex').slice(1)} ${bytes.toString('base64url')}B`
    for (const given of [bytes, Buffer.from(written.join(' ')), Buffer.from(odd)])
      assert.deepEqual(Buffer.from(asWritten(asBytes(given))), given)
  }
})

test('a run as long as all that a guest may send is written as its bytes', () => {
  for (const name of ['base64url', 'hex'] as const) {
    const given = Buffer.from(`"${randomBytes(7_000_001).toString(name)}"`)
    const bytes = asBytes(given)
    if (name === 'base64url') assert.ok(bytes.length < 7_020_000, `${bytes.length}`)
    assert.deepEqual(Buffer.from(asWritten(bytes)), given)
  }
})

onEach((database) => {
  test('attestations of a VM are listed newest first, page after page, and each has its record to the byte', async () => {
    const { attestations } = await database.store()
    for (const [id, at] of [
      ['b', 20],
      ['a', 10],
      ['c', 30],
      ['d', 30],
    ] as const)
      await attestations.insert(attestation(id, at), SHARED)
    await attestations.insert(attestation('x', 40, 'other'))
    await assert.rejects(attestations.insert(attestation('B', 50)), { code: 'store-exists' })
    assert.deepEqual(await attestations.latest('VM-A'), attestation('d', 30))
    for (const [id, at] of [
      ['a', 10],
      ['b', 20],
      ['c', 30],
    ] as const)
      assert.deepEqual(await attestations.get(id), attestation(id, at))
    assert.deepEqual(await attestations.get('X'), attestation('x', 40, 'other'))
    const { record: _, ...short } = attestation('c', 30)
    assert.deepEqual(await attestations.list('vm-a', { after: 'D', limit: 1 }), [short])
    const ids = async (after: string) =>
      (await attestations.list('vm-a', { after, limit: 10 })).map(({ id }) => id)
    assert.deepEqual([await ids('c'), await ids('a')], [['b', 'a'], []])
    assert.equal((await attestations.list('vm-a', { limit: 10 })).length, 4)
    assert.equal(await attestations.deleteOf('vm-a'), 4)
    assert.equal(await attestations.latest('vm-a'), null)
    assert.equal((await attestations.latest('other'))?.id, 'x')
  })

  test('what a record has in common with others is kept once, and goes with the last that needs it', async () => {
    const options = await database.fresh()
    const store = await database.store(options)
    await fill(store, 'abcdefgh')
    await fill(store, 'klmnopqr', 'vm-b')
    const engine = await openEngine(options)
    const kept = async () => {
      const { contents, longest } = await engine.database
        .selectFrom('attestations')
        .select([
          sql<number>`(select count(*) from contents)`.as('contents'),
          sql<number>`coalesce(max(length(record)), 0)`.as('longest'),
        ])
        .executeTakeFirstOrThrow()
      return { contents: Number(contents), isSmall: Number(longest) < 250 }
    }
    // reference values, and a base for each VM
    assert.deepEqual(await kept(), { contents: 3, isSmall: true })
    await store.attestations.delete(['a', 'B', 'c', 'nobody'])
    assert.deepEqual(await kept(), { contents: 3, isSmall: true })
    assert.deepEqual(await store.attestations.get('d'), attestation('d', 100))
    await store.attestations.deleteOf('vm-a')
    assert.equal((await kept()).contents, 2)
    await store.attestations.deleteOf('vm-b')
    assert.equal((await kept()).contents, 0)
    await engine.close()
  })

  test('a record that is like none before it is a new base, and the old ones stay as they were', async () => {
    const { attestations } = await database.store()
    const other = { ...attestation('b', 2), record: attestation('z', 2, 'else').record }
    await attestations.insert(attestation('a', 1), SHARED)
    await attestations.insert(other, SHARED)
    await attestations.insert(attestation('c', 3), new Uint8Array())
    assert.deepEqual(await attestations.get('a'), attestation('a', 1))
    assert.deepEqual(await attestations.get('b'), other)
    assert.deepEqual(await attestations.get('c'), attestation('c', 3))
  })

  test('what is too old or too many goes, failures later, and never a VM’s newest', async () => {
    const store = await database.store()
    await fill(store, 'abcd')
    await fill(store, 'efgh', 'vm-a', 'contraindicated')
    await fill(store, 'ijk')
    const expired = async (change: Partial<Retention>) =>
      (await store.attestations.expired('VM-a', { ...all, ...change })).map(({ id }) => id).join('')
    assert.equal(await expired({}), '')
    const at = (id: string) => id.charCodeAt(0)
    assert.equal(await expired({ before: { affirming: at('j'), others: 0 } }), 'idcba')
    assert.equal(await expired({ before: { affirming: 0, others: at('g') } }), 'fe')
    assert.equal(await expired({ before: { affirming: 999, others: 999 } }), 'jihgfedcba')
    assert.equal(await expired({ keep: { affirming: 2, others: 1000 } }), 'idcba')
    assert.equal(await expired({ keep: { affirming: 1000, others: 3 } }), 'e')
    assert.equal(await expired({ keep: { affirming: 0, others: 0 } }), 'jihgfedcba')
    assert.equal(await store.attestations.delete(['e', 'f']), 2)
    assert.equal((await store.attestations.list('vm-a', { limit: 100 })).length, 9)
  })

  test('what a VM’s evidence takes beyond its room goes, the oldest first; what it has in common with newer evidence is counted once', async () => {
    const { attestations } = await database.store()
    const large = (id: string, at: number) => ({
      ...attestation(id, at),
      record: new Uint8Array(randomBytes(200_000)),
    })
    const sizes = [await attestations.insert(large('a', 1))]
    for (const [i, id] of ['b', 'c', 'd'].entries())
      sizes.push(await attestations.insert(large(id, i + 2)))
    assert.ok(
      sizes.every((size) => size > 200_000 && size < 202_000),
      `${sizes}`,
    )
    const same = { ...large('e', 5), record: (await attestations.get('d'))!.record }
    assert.ok((await attestations.insert(same)) < 1_000)
    await attestations.insert(large('z', 6), undefined)
    const expired = async (bytes: number, except: readonly string[] = []) =>
      (await attestations.expired('vm-a', { ...all, bytes, except })).map(({ id }) => id).join('')
    assert.equal(await expired(1_100_000), '')
    assert.equal(await expired(820_000), 'a')
    assert.equal(await expired(450_000), 'cba')
    assert.equal(await expired(450_000, ['B']), 'ca')
    assert.equal(await expired(0), 'edcba')
  })

  test('what was attested before records were kept by what is new in them is still told', async () => {
    const options = await database.fresh()
    const engine = await ('path' in options ? openSqlite(options.path) : openPostgres(options))
    await migrate(engine, 1, migrations.slice(0, 1))
    await engine.close()
    const record = Buffer.from('{"record":0}').toString('hex')
    const bytes = database.name === 'SQLite' ? `x'${record}'` : `'\\x${record}'`
    const result = '{"findings":[{"id":"boot.aggregate"}],"tier":"warning"}'
    const insert = `insert into attestations (id, vm_id, vm_key, at, tier, result, record)
      values ('a', 'VM', 'vm', 5, 'warning', '${result}', ${bytes})`
    const old = await ('path' in options ? openSqlite(options.path) : openPostgres(options))
    await old.database.executeQuery(sql.raw(insert).compile(old.database))
    await old.close()
    const { attestations } = await database.store(options)
    assert.deepEqual(await attestations.get('a'), {
      ...{ id: 'a', vmId: 'vm', at: 5, tier: 'warning', findings: [{ id: 'boot.aggregate' }] },
      record: new TextEncoder().encode('{"record":0}'),
    })
    await attestations.insert(attestation('b', 6, 'vm'), SHARED)
    assert.deepEqual(await attestations.latest('vm'), attestation('b', 6, 'vm'))
  })
})

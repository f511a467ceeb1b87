import assert from 'node:assert/strict'
import { statSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { backUpStore } from '../../src/store/backup.ts'
import { migrate, migrations } from '../../src/store/migrate.ts'
import { openStore } from '../../src/store/open.ts'
import { openEngine } from '../../src/store/open-engine.ts'
import { onEach, run } from './databases.ts'
import { event, vm, vmId } from './samples.ts'

const later = { name: 'later', statements: () => ['create table later (a integer)'] }

onEach((database) => {
  test('a database is as it was when it is opened again', async () => {
    const options = await database.fresh()
    const first = await openStore(options)
    const kept = await first.resources.insert(vm('a'), 1)
    await first.close()
    const second = await database.store(options)
    assert.deepEqual(await second.resources.get(vmId('a')), kept)
    if ('path' in options) assert.equal(statSync(options.path).mode & 0o777, 0o600)
  })

  test('a database that a newer program, or another, has changed is refused', async () => {
    const options = await database.fresh()
    const engine = await openEngine(options)
    await migrate(engine, 5, [...migrations, later])
    await migrate(engine, 6, [...migrations, later])
    await assert.rejects(openStore(options), { code: 'store-newer' })
    await assert.rejects(migrate(engine, 7, [...migrations, { ...later, name: 'else' }]), {
      code: 'store-newer',
    })
    const applied = await engine.database
      .selectFrom('migrations')
      .selectAll()
      .orderBy('number')
      .execute()
    assert.deepEqual(
      applied.map(({ number, name }) => [number, name]),
      [...migrations, later].map(({ name }, i) => [i + 1, name]),
    )
    await engine.close()
  })

  test('a backup changes nothing of its database, and of one that an older or a newer program left it makes none', async () => {
    const options = await database.fresh()
    const engine = await openEngine(options)
    const applied = async () => {
      const of = engine.database.selectFrom('migrations').selectAll().orderBy('number')
      return (await of.execute()).map((row) => ({ ...row }))
    }
    const before = await applied()
    await engine.database.deleteFrom('migrations').where('number', '=', before.length).execute()
    const path = database.file()
    await assert.rejects(backUpStore(options, path), { code: 'store-older' })
    assert.deepEqual(await applied(), before.slice(0, -1))
    const newest = before.at(-1)!
    await engine.database.insertInto('migrations').values(newest).execute()
    await backUpStore(options, path)
    const more = { ...newest, number: newest.number + 1, name: 'later' }
    await engine.database.insertInto('migrations').values(more).execute()
    await assert.rejects(backUpStore(options, database.file()), { code: 'store-newer' })
    assert.deepEqual(await applied(), [...before, more])
    await engine.close()
  })

  test('a change of the tables that fails half-way leaves the database as it was', async () => {
    const options = await database.fresh()
    const engine = await openEngine(options)
    const broken = {
      name: 'broken',
      statements: () => ['create table half (a integer)', 'nonsense'],
    }
    await assert.rejects(migrate(engine, 5, [...migrations, later, broken]))
    await engine.close()
    await run(options, 'create table half (a integer)')
    await run(options, 'create table later (a integer)')
  })

  test('the audit is not changed, not even by who has the database; and if, it shows', async () => {
    const options = await database.fresh()
    const store = await database.store(options)
    for (const action of ['a', 'b', 'c']) await store.audit.append(event(action))
    const changes = [
      `update audit set entry = replace(entry, '"b"', '"x"') where sequence = 2`,
      "update audit set resource_key = '/other' where sequence = 2",
      'update audit set at = 99 where sequence = 2',
      'delete from audit where sequence = 2',
    ]
    for (const change of changes)
      await assert.rejects(run(options, change), /audit is only added to/)
    const triggers =
      database.name === 'SQLite'
        ? ['drop trigger audit_no_update', 'drop trigger audit_no_delete']
        : ['drop trigger audit_only_added_to on audit']
    for (const statement of triggers) await run(options, statement)
    for (const change of changes) {
      const path = database.file()
      await store.backup(path)
      const copy = await database.store({ path })
      assert.equal((await copy.audit.verify()).brokenAt, null)
      for (const statement of ['drop trigger audit_no_update', 'drop trigger audit_no_delete'])
        await run({ path }, statement)
      await run({ path }, change)
      const { entries, brokenAt } = await copy.audit.verify()
      assert.deepEqual([entries, brokenAt], [1, change.startsWith('delete') ? 3 : 2], change)
    }
    await run(options, changes[0]!)
    assert.equal((await store.audit.verify()).brokenAt, 2)
  })

  test('what is no database, or cannot be reached, is told as unavailable', async () => {
    const path = database.file()
    writeFileSync(path, 'x'.repeat(5000))
    const unavailable = { code: 'store-unavailable' }
    await assert.rejects(openStore({ path }), unavailable)
    await assert.rejects(openStore({ path: `${path}/none` }), unavailable)
    await assert.rejects(openStore({ url: 'postgres://me@%2Fnowhere/d' }), unavailable)
    await assert.rejects(openStore({ url: 'postgres://me@127.0.0.1:1/d' }), unavailable)
  })
})

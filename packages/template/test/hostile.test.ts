import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FUNCTIONS, LIMITS, NeedsReference, TemplateError } from '../src/index.ts'
import { plan, resource, template, value } from './a-template.ts'

const tooLarge = { code: 'JobSizeExceeded' }

test('a template that doubles its values, in whatever way, is ended and not written out', () => {
  const doubling = (each: (before: string) => string) =>
    Object.fromEntries(
      Array.from({ length: 60 }, (_, i) => [
        `v${i}`,
        i === 0 ? 'abcdefgh' : each(`variables('v${i - 1}')`),
      ]),
    )
  const ways = [
    (v: string) => `[concat(${v}, ${v})]`,
    (v: string) => `[createArray(${v}, ${v})]`,
    (v: string) => `[createObject('a', ${v}, 'b', ${v})]`,
    (v: string) => `[format('{0}{0}', ${v})]`,
    (v: string) => `[replace(string(${v}), 'a', string(${v}))]`,
    (v: string) => `[concat(string(createArray(${v}, ${v})), '')]`,
  ]
  for (const way of ways) {
    const rest = {
      variables: doubling(way),
      resources: [resource({ tags: { t: "[variables('v59')]" } })],
    }
    assert.throws(() => plan(rest), tooLarge)
  }
})

test('loops in loops and lambdas in lambdas are counted', () => {
  const loop = (input: unknown): object => ({ copy: [{ name: 'l', count: 800, input }] })
  assert.throws(() => plan({ variables: { a: loop(loop(loop(1))) } }), tooLarge)
  const all = 'range(0, 10000)'
  assert.throws(() => value(`[map(${all}, lambda('a', map(${all}, lambda('b', 1))))]`), tooLarge)
  assert.throws(() => value(`[intersection(${all}, ${all})]`), tooLarge)
})

test('resources, parameters and outputs are limited, copies too', () => {
  const copies = (count: number) =>
    resource({ name: "[concat('n', copyIndex())]", copy: { name: 'l', count } })
  assert.equal(plan({ resources: [copies(LIMITS.resources)] }).resources.length, LIMITS.resources)
  assert.throws(() => plan({ resources: [copies(LIMITS.resources), resource()] }), tooLarge)
  const many = (count: number, one: object) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`p${i}`, one]))
  assert.throws(
    () => plan({ parameters: many(LIMITS.parameters + 1, { type: 'int', defaultValue: 1 }) }),
    tooLarge,
  )
  assert.throws(
    () => plan({ outputs: many(LIMITS.outputs + 1, { type: 'int', value: 1 }) }),
    tooLarge,
  )
})

test('a template deeper than values may be is refused, not followed', () => {
  let deep: unknown = 1
  for (let i = 0; i < 5_000; i++) deep = i % 2 === 0 ? [deep] : { a: deep }
  assert.throws(() => plan({ variables: { deep } }), tooLarge)
})

/** The same numbers for the same seed. */
function chance(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

test("whatever is called with whatever, it gives a value or the language's own error", () => {
  const seed = Number(process.env.FUZZ_SEED ?? 1)
  const next = chance(seed)
  const names = [...Object.values(FUNCTIONS).flatMap(Object.keys), 'listKeys', 'nosuch']
  const leaves = [
    "'a'",
    "'2023-11-14T22:13:20Z'",
    '\'{"a":[1]}\'',
    '-3',
    '0',
    '100000',
    'true()',
    'null()',
    "'Microsoft.Compute/disks'",
    "'é𝄞\uD800'",
  ]
  const expression = (level: number): string => {
    if (level === 0 || next(4) === 0) return leaves[next(leaves.length)]!
    const args = Array.from({ length: next(4) }, () => expression(level - 1)).join(', ')
    return `${names[next(names.length)]}(${args})${next(5) === 0 ? '.a' : next(6) === 0 ? '[0]' : ''}`
  }
  for (let i = 0; i < 5_000; i++) {
    const text = `[${expression(4)}]`
    try {
      value(text)
    } catch (error) {
      assert.ok(
        error instanceof TemplateError || error instanceof NeedsReference,
        `seed ${seed}: ${text}: ${(error as Error).stack}`,
      )
    }
  }
})

test("a template with any of its parts another or gone is planned or refused with the language's own error", () => {
  const seed = Number(process.env.FUZZ_SEED ?? 1)
  const next = chance(seed)
  const whole = template({
    parameters: { p: { type: 'string', defaultValue: 'x', allowedValues: ['x'] } },
    variables: { v: { a: ["[parameters('p')]"] }, copy: [{ name: 'c', count: 2, input: 1 }] },
    functions: [
      {
        namespace: 'n',
        members: {
          f: {
            parameters: [{ name: 'a', type: 'int' }],
            output: { type: 'int', value: "[parameters('a')]" },
          },
        },
      },
    ],
    resources: [
      resource({
        copy: { name: 'l', count: 2 },
        name: "[concat('n', copyIndex())]",
        dependsOn: ['one'],
        condition: true,
      }),
      resource({
        name: 'one',
        tags: { t: '[string(n.f(1))]' },
        properties: { copy: [{ name: 'x', count: 1, input: {} }] },
      }),
    ],
    outputs: { o: { type: 'string', value: "[variables('v').a[0]]" } },
  })
  const others = [null, 1, 'x', [], {}, true, '[parameters(1)]', { copy: [1] }, [{}]]
  for (let i = 0; i < 3_000; i++) {
    const copy = structuredClone(whole)
    change(copy, next, others)
    const broken = JSON.parse(JSON.stringify(copy))
    try {
      plan(broken).outputs(() => undefined)
    } catch (error) {
      assert.ok(
        error instanceof TemplateError,
        `seed ${seed}: ${JSON.stringify(broken)}: ${(error as Error).stack}`,
      )
    }
  }
})

function change(value: any, next: (below: number) => number, others: readonly unknown[]): void {
  const names = Object.keys(value)
  const name = names[next(names.length)]
  if (name === undefined) return
  const inner = value[name]
  if (typeof inner === 'object' && inner !== null && next(4) !== 0) change(inner, next, others)
  else if (next(3) === 0) delete value[name]
  else value[name] = others[next(others.length)]
}

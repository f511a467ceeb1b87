import { useNavigate, useSearch } from '@tanstack/react-router'
import type { MachineRow } from '@trusted-launch/api'
import { useMemo } from 'react'
import type { Sorting } from '../../components/data-table.tsx'

/** What of the list is shown, and how: all of it is in the address. */
export interface MachinesView {
  readonly name: string
  readonly power: string
  readonly security: string
  readonly integrity: string
  /** `name` or `name=value`. */
  readonly tag: string
  readonly sorting: Sorting | null
  readonly hidden: readonly string[]
}

const HIDDEN: readonly string[] = ['group', 'system', 'tags']

export function useMachinesView(): [MachinesView, (change: Partial<MachinesView>) => void] {
  const search: Record<string, unknown> = useSearch({ strict: false })
  const navigate = useNavigate()
  const view = useMemo(() => viewOf(search), [search])
  const change = (change: Partial<MachinesView>) => {
    void navigate({ to: '.', search: searchOf({ ...view, ...change }) as never, replace: true })
  }
  return [view, change]
}

function viewOf(search: Record<string, unknown>): MachinesView {
  const text = (name: string) => (typeof search[name] === 'string' ? String(search[name]) : '')
  const sort = text('sort')
  return {
    ...{ name: text('name'), power: text('power'), security: text('security') },
    ...{ integrity: text('integrity'), tag: text('tag') },
    sorting: sort === '' ? null : { id: sort.replace(/^-/, ''), desc: sort.startsWith('-') },
    hidden: 'hidden' in search ? text('hidden').split(',').filter(Boolean) : HIDDEN,
  }
}

function searchOf({ sorting, hidden, ...texts }: MachinesView): Record<string, string> {
  const given = Object.entries(texts).filter(([, text]) => text !== '')
  const isUsual = hidden.join() === HIDDEN.join()
  return {
    ...Object.fromEntries(given),
    ...(sorting !== null && { sort: `${sorting.desc ? '-' : ''}${sorting.id}` }),
    ...(!isUsual && { hidden: hidden.join(',') }),
  }
}

export function matching(rows: readonly MachineRow[], view: MachinesView): readonly MachineRow[] {
  const wanted = view.name.toLowerCase()
  const [, tag = '', value] = /^([^=]*)(?:=(.*))?$/s.exec(view.tag)!
  const tests: ((row: MachineRow) => boolean)[] = []
  if (wanted !== '') tests.push(({ name }) => name.toLowerCase().includes(wanted))
  if (view.power !== '') tests.push(({ power }) => power === view.power)
  if (view.security !== '') tests.push(({ securityType }) => securityType === view.security)
  if (view.integrity !== '') tests.push(({ integrity }) => integrity === view.integrity)
  // As Azure has it: names of tags mind no case, values do.
  const isTag = ([name, text]: [string, string]) =>
    name.toLowerCase() === tag.toLowerCase() && (value === undefined || text === value)
  if (tag !== '') tests.push(({ tags }) => Object.entries(tags).some(isTag))
  return tests.length === 0 ? rows : rows.filter((row) => tests.every((test) => test(row)))
}

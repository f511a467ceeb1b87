import { Subtitle2 } from '@fluentui/react-components'
import { useMemo } from 'react'
import { type Column, DataTable } from '../../../components/data-table.tsx'
import { Empty, Failed, Loading } from '../../../components/states.tsx'
import { useBoot } from '../../../queries/integrity.ts'
import { useTexts } from '../../../texts/texts.ts'
import { type BootDifference, differencesOf } from './boot-differences.ts'
import { Value } from './value.tsx'

/** What the later of two boots shows otherwise than the earlier. */
export function Comparison({ id, was, is }: { id: string; was: string; is: string }) {
  const { boot: texts } = useTexts()
  const [first, second] = [useBoot(id, was), useBoot(id, is)]
  const found = useMemo(
    () =>
      first.data === undefined || second.data === undefined
        ? null
        : differencesOf(first.data, second.data),
    [first.data, second.data],
  )
  const failed = [first, second].find(({ isError }) => isError)
  if (failed !== undefined) return <Failed error={failed.error} retry={failed.refetch} />
  if (found === null) return <Loading />
  if (found.length === 0) return <Empty title={texts.noDifference} />
  const value = (text: string | null) =>
    text === null ? <em>{texts.absent}</em> : <Value text={text} />
  const columns: readonly Column<BootDifference>[] = [
    { id: 'kind', title: texts.kind, width: 7, value: ({ kind }) => texts.kinds[kind] },
    {
      id: 'where',
      title: texts.where,
      width: 16,
      value: ({ where }) => where,
      cell: ({ where }) => <Value text={where} />,
    },
    {
      ...{ id: 'was', title: texts.was, value: ({ was }) => was ?? '' },
      cell: ({ was }) => value(was),
    },
    { id: 'is', title: texts.is, value: ({ is }) => is ?? '', cell: ({ is }) => value(is) },
  ]
  return (
    <>
      <Subtitle2 as="h3">{texts.differences}</Subtitle2>
      <DataTable
        label={texts.differences}
        rows={found}
        columns={columns}
        idOf={({ kind, where }) => `${kind} ${where}`}
      />
    </>
  )
}

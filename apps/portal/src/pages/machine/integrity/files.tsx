import { Text } from '@fluentui/react-components'
import type { BootFile } from '@trusted-launch/api'
import { type Column, DataTable } from '../../../components/data-table.tsx'
import { Empty } from '../../../components/states.tsx'
import { useTexts } from '../../../texts/texts.ts'
import type { PartGiven } from './parts.tsx'
import { Value } from './value.tsx'
import { visible } from './visible.ts'

/** The kernel's own list: each file that it read as a module, or measured otherwise. */
export function Files({ boot }: PartGiven) {
  const texts = useTexts()
  if (boot.files.length === 0) return <Empty title={texts.boot.noFiles} />
  const found = new Map(
    boot.findings
      .filter(({ id }) => /^(?:ima|module)\./.test(id))
      .flatMap(({ events, summary }) => events.map((event) => [event, summary] as const)),
  )
  const told = ({ index, violation }: BootFile) =>
    found.get(index) ?? (violation ? texts.boot.violation : '')
  const columns: readonly Column<BootFile>[] = [
    { id: 'index', title: texts.boot.entry, width: 5, value: ({ index }) => index },
    {
      ...{ id: 'path', title: texts.boot.path, value: ({ path }) => path },
      cell: ({ path }) => <bdi title={visible(path)}>{visible(path)}</bdi>,
    },
    {
      ...{ id: 'digest', title: texts.boot.digest, width: 18, value: ({ digest }) => digest ?? '' },
      cell: ({ digest }) => (digest === null ? '–' : <Value text={digest} />),
    },
    { id: 'template', title: texts.boot.template, width: 7, value: ({ template }) => template },
    {
      ...{ id: 'found', title: texts.boot.findings, width: 20, value: told },
      cell: (file) => <span title={visible(told(file))}>{visible(told(file))}</span>,
    },
  ]
  return (
    <>
      <Text size={200}>{texts.boot.pathIsHint}</Text>
      {boot.leftOut.files > 0 && <Text>{texts.boot.leftOut(boot.leftOut.files)}</Text>}
      <DataTable
        label={texts.boot.parts.files}
        rows={boot.files}
        columns={columns}
        idOf={({ index }) => String(index)}
      />
    </>
  )
}

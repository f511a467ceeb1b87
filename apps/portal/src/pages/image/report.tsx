import { Badge, Subtitle1, Text } from '@fluentui/react-components'
import { Copyable } from '../../components/copyable.tsx'
import { Properties } from '../../components/properties.tsx'
import { SimpleTable } from '../../components/simple-table.tsx'
import { Failed, Loading } from '../../components/states.tsx'
import { type ImageReport, useImageReport } from '../../queries/images.ts'
import { useTexts } from '../../texts/texts.ts'

const GIB = 2 ** 30
const COLORS = { works: 'success', 'does not': 'danger', 'cannot tell': 'warning' } as const

/** What works, what does not and what cannot be told of an image. */
export function Report({ id }: { id: string }) {
  const { resources } = useTexts()
  const report = useImageReport(id)
  return (
    <>
      <Subtitle1 as="h2">{resources.report}</Subtitle1>
      {report.isPending && <Loading />}
      {report.isError && <Failed error={report.error} retry={report.refetch} />}
      {report.data !== undefined && <Found of={report.data} />}
    </>
  )
}

function Found({ of: { sha256, format, fileBytes, examination } }: { of: ImageReport }) {
  const { resources } = useTexts()
  const { rows, conclusion, sizeBytes } = examination
  const gib = (bytes: number) => (bytes / GIB).toFixed(2)
  const { looked, result, reason, advice } = resources
  return (
    <>
      <Text>{conclusion}</Text>
      <SimpleTable
        label={resources.report}
        titles={[looked, result, reason, advice]}
        rows={rows.map(({ what, state, reason, advice }) => [
          what,
          what,
          <Badge key="state" appearance="tint" color={COLORS[state]}>
            {resources.found[state]}
          </Badge>,
          reason,
          advice ?? '',
        ])}
      />
      <Properties
        of={[
          ['SHA-256', <Copyable key="sha256" text={sha256} />],
          [resources.format, format],
          [resources.fileSize, gib(fileBytes)],
          [resources.gigabytes, gib(sizeBytes)],
        ]}
      />
    </>
  )
}

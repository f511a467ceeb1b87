import { Badge, Subtitle1, Text } from '@fluentui/react-components'
import { useParams } from '@tanstack/react-router'
import { Copyable } from '../components/copyable.tsx'
import { Page } from '../components/page.tsx'
import { Properties } from '../components/properties.tsx'
import { SimpleTable } from '../components/simple-table.tsx'
import { Failed, Loading } from '../components/states.tsx'
import { UnderWay } from '../components/under-way.tsx'
import { idIn } from '../paths.ts'
import { type ImageReport, useImage, useImageReport } from '../queries/images.ts'
import { nameIn } from '../resource-names.ts'
import { useTexts } from '../texts/texts.ts'
import { Keys } from './image/keys.tsx'

const VERSION = /\/galleries\/([^/]+)\/images\/([^/]+)\/versions\/([^/]+)$/i
const GIB = 2 ** 30
const COLORS = { works: 'success', 'does not': 'danger', 'cannot tell': 'warning' } as const

/** One image, or one version of a gallery's: what was found in it, and the keys that go with it. */
export default function ImagePage() {
  const { id: given = '' } = useParams({ strict: false })
  const id = idIn(given)
  const { resources, machines } = useTexts()
  const image = useImage(id)
  const state = image.data?.properties.provisioningState
  return (
    <Page title={titleOf(id)}>
      <UnderWay id={id} />
      {image.isPending && <Loading />}
      {image.isError && <Failed error={image.error} retry={image.refetch} />}
      {state !== undefined && (
        <Properties
          of={[
            [machines.state, state],
            [resources.id, <Copyable key="id" text={id} />],
          ]}
        />
      )}
      {image.data !== undefined && VERSION.test(id) && <Keys of={image.data} />}
      {state === 'Succeeded' && <Report id={id} />}
    </Page>
  )
}

/** A gallery's version is told with what it is of. */
function titleOf(id: string): string {
  return VERSION.exec(id)?.slice(1).join('/') ?? nameIn(id)
}

function Report({ id }: { id: string }) {
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

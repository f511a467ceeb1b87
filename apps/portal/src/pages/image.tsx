import { useParams } from '@tanstack/react-router'
import { Copyable } from '../components/copyable.tsx'
import { Page } from '../components/page.tsx'
import { Properties } from '../components/properties.tsx'
import { Failed, Loading } from '../components/states.tsx'
import { UnderWay } from '../components/under-way.tsx'
import { idIn } from '../paths.ts'
import { useImage } from '../queries/images.ts'
import { nameIn } from '../resource-names.ts'
import { useTexts } from '../texts/texts.ts'
import { Keys } from './image/keys.tsx'
import { Report } from './image/report.tsx'

const VERSION = /\/galleries\/([^/]+)\/images\/([^/]+)\/versions\/([^/]+)$/i

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

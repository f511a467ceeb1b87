import { Subtitle1 } from '@fluentui/react-components'
import { SimpleTable } from '../../components/simple-table.tsx'
import { Failed, Loading } from '../../components/states.tsx'
import { Time } from '../../components/time.tsx'
import { useNames } from '../../queries/names.ts'
import { useVersions } from '../../queries/plans.ts'
import { useTexts } from '../../texts/texts.ts'

/** Who changed it, when: the last hundred. */
export function Versions({ id }: { id: string }) {
  const { plans: words } = useTexts().govern
  const versions = useVersions(id, true)
  const nameOf = useNames(versions.data?.map(({ properties }) => properties.changedBy) ?? [])
  return (
    <>
      <Subtitle1 as="h2">{words.history}</Subtitle1>
      {versions.isPending && <Loading />}
      {versions.isError && <Failed error={versions.error} retry={versions.refetch} />}
      {versions.data !== undefined && (
        <SimpleTable
          label={words.history}
          titles={[words.version, words.changed, words.changedBy, words.document]}
          rows={versions.data.map(({ id, properties }) => [
            id,
            properties.version,
            <Time key="on" at={properties.changedOn} />,
            nameOf(properties.changedBy),
            properties.document === null ? words.deleted : JSON.stringify(properties.document),
          ])}
        />
      )}
    </>
  )
}

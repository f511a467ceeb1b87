import { Act } from '../../components/act.tsx'
import { SimpleTable } from '../../components/simple-table.tsx'
import { Empty, Failed, Loading } from '../../components/states.tsx'
import { useLongAction } from '../../queries/long-action.ts'
import { type Extension, useExtensions } from '../../queries/machine-parts.ts'
import { useTexts } from '../../texts/texts.ts'
import type { TabGiven } from '../machine.tsx'

/** What was put into it, and how that did. */
export default function Extensions({ machine }: TabGiven) {
  const texts = useTexts()
  const { resources } = texts
  const extensions = useExtensions(machine.id)
  const action = useLongAction()
  const remove = ({ id }: Extension) => action.mutate({ method: 'DELETE', path: id })
  const row = (one: Extension) =>
    [
      one.name,
      one.name,
      one.properties.publisher,
      one.properties.typeHandlerVersion ?? '',
      one.properties.provisioningState,
      one.properties.instanceView?.statuses?.[0]?.message ?? '',
      <Act
        key="remove"
        size="small"
        verb={resources.remove}
        needs={{ action: 'Microsoft.Compute/virtualMachines/extensions/delete', scope: one.id }}
        question={resources.confirmRemove(one.name, machine.name)}
        onYes={() => remove(one)}
      />,
    ] as const
  const { name, publisher, version, result, remove: removing } = resources
  return (
    <>
      {extensions.isPending && <Loading />}
      {extensions.isError && <Failed error={extensions.error} retry={extensions.refetch} />}
      {extensions.data?.length === 0 && (
        <Empty title={resources.noExtensions} advice={resources.noExtensionsAdvice} />
      )}
      {extensions.data !== undefined && extensions.data.length > 0 && (
        <SimpleTable
          label={texts.machine.tabs.extensions}
          titles={[name, publisher, version, texts.machines.state, result, removing]}
          rows={extensions.data.map(row)}
        />
      )}
      {action.isError && <Failed error={action.error} />}
    </>
  )
}

import { Field, ProgressBar } from '@fluentui/react-components'
import { useUnderWay } from '../queries/under-way.ts'

/** How far what is being done with a resource is. */
export function UnderWay({ id }: { id: string }) {
  const { data = [] } = useUnderWay(id)
  return data.map(({ name, kind, percentComplete, properties }) => (
    <Field key={name} label={kind} hint={properties?.step ?? `${percentComplete} %`}>
      <ProgressBar value={percentComplete / 100} />
    </Field>
  ))
}

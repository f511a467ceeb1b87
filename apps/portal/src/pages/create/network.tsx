import { Field, Select, Text } from '@fluentui/react-components'
import { Failed } from '../../components/states.tsx'
import { useNetworks, useSecurityGroups, type Network as View } from '../../queries/place.ts'
import { groupNameIn } from '../../resource-names.ts'
import { useTexts } from '../../texts/texts.ts'
import { useForm } from './form.ts'

/** The group's own network, which is made where it is not there, or a subnet that is. */
export function Network() {
  const { create, resources, none } = useTexts()
  const { draft, change } = useForm()
  const networks = useNetworks()
  const groups = useSecurityGroups()
  const subnets = (networks.data ?? []).flatMap(subnetsOf)
  return (
    <>
      {networks.isError && <Failed error={networks.error} retry={networks.refetch} />}
      <Field label={resources.subnet} hint={draft.subnet === '' ? create.networkMade : null}>
        <Select value={draft.subnet} onChange={(_, { value: subnet }) => change({ subnet })}>
          <option value="">{create.ownNetwork}</option>
          {subnets.map(({ id, label }) => (
            <option key={id} value={id}>
              {label}
            </option>
          ))}
        </Select>
      </Field>
      {groups.isError && <Failed error={groups.error} retry={groups.refetch} />}
      <Field label={resources.securityGroup}>
        <Select
          value={draft.securityGroup}
          onChange={(_, { value: securityGroup }) => change({ securityGroup })}
        >
          <option value="">{none}</option>
          {(groups.data ?? []).map(({ id, name }) => (
            <option key={id} value={id}>
              {`${name} (${groupNameIn(id)})`}
            </option>
          ))}
        </Select>
      </Field>
      <Text>{create.interfaceMade(`${draft.name}-nic`)}</Text>
    </>
  )
}

function subnetsOf({ id, name, properties }: View) {
  return (properties.subnets ?? []).map((subnet) => {
    const { addressPrefix } = subnet.properties
    const address = addressPrefix === undefined ? '' : `, ${addressPrefix}`
    return { id: subnet.id, label: `${name}/${subnet.name} (${groupNameIn(id)}${address})` }
  })
}

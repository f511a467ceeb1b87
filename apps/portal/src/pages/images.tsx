import { useMemo } from 'react'
import type { Column } from '../components/data-table.tsx'
import { Go } from '../components/go.tsx'
import { ListPage } from '../components/list-page.tsx'
import { paths } from '../paths.ts'
import { type ImageRow, useImages } from '../queries/images.ts'
import { groupNameIn } from '../resource-names.ts'
import { useTexts } from '../texts/texts.ts'

/** What virtual machines can be made of beside the marketplace's: images, and versions in galleries. */
export default function Images() {
  const texts = useTexts()
  const { resources } = texts
  return (
    <ListPage
      title={texts.pages.images}
      list={useImages()}
      columns={useColumns()}
      idOf={({ id }) => id}
      textOf={({ id, name }) => `${name} ${groupNameIn(id)}`}
      empty={resources.noImages}
      advice={resources.noImagesAdvice}
    />
  )
}

function useColumns(): readonly Column<ImageRow>[] {
  const { resources, machines } = useTexts()
  return useMemo(
    () => [
      {
        ...{ id: 'name', title: resources.name, value: ({ name }) => name },
        cell: ({ id, name }) => <Go to={paths.image(id)}>{name}</Go>,
      },
      {
        ...{ id: 'kind', title: resources.kind, width: 9 },
        value: ({ isVersion }) => (isVersion ? resources.galleryVersion : resources.image),
      },
      { id: 'group', title: machines.group, width: 9, value: ({ id }) => groupNameIn(id) },
      { id: 'system', title: machines.system, width: 7, value: ({ system }) => system },
      {
        ...{ id: 'generation', title: resources.generation, width: 7 },
        value: ({ generation }) => generation,
      },
      { id: 'state', title: machines.state, width: 9, value: ({ state }) => state },
    ],
    [resources, machines],
  )
}

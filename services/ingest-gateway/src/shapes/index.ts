import type { Target } from '../steps/admit-request.ts'
import { cloudEventsShape } from './cloud-events.ts'
import { confluentShape } from './confluent-rest.ts'
import { eventsShape } from './events.ts'
import type { Shape } from './shape.ts'

export { eventsShape, eventsTarget } from './events.ts'
export type { Shape } from './shape.ts'

/** The shapes that other systems speak. A further one is a file of its own and an entry here. */
export const foreignShapes: readonly Shape[] = [confluentShape, cloudEventsShape]

/** The path of a URL, without a slash at its end. */
export const pathOf = (url: string): string => (url.split('?', 1)[0] ?? '/').replace(/(?<=.)\/$/, '')

/** The shape in which a request is answered that no handler took, too. */
export const shapeOf = (url: string): Shape => foreignShapes.find(({ owns }) => owns(pathOf(url))) ?? eventsShape

/** Where a request to the path of a foreign shape goes. */
export const targetOf = (shape: Shape, { params }: { readonly params: unknown }): Target => ({
  shape,
  topicName: (params as { readonly topic?: string }).topic ?? null,
})

import { faker } from '@faker-js/faker/locale/en'
import { Random } from './random.ts'

/** Entries of a pool unless told otherwise. */
export const POOL_SIZE = 4096

/**
 * A pool of made-up values to draw from, filled once by faker (English locale): faker is far too slow for every event.
 * @param labels name the pool; the same labels give the same entries (with the same version of faker)
 * @param make one entry, e.g. `faker => faker.internet.ipv4()`
 */
export function fillPool<T>(
  labels: readonly (string | number)[],
  make: (source: typeof faker) => T,
  size: number = POOL_SIZE,
): readonly T[] {
  faker.seed(new Random('pool', ...labels).int32() >>> 0)
  return Array.from({ length: size }, () => make(faker))
}

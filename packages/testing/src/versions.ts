/** Versions of the real servers: the one place, for the Java artifacts and for the images. */
export const SERVER_VERSIONS = {
  kafka: '4.3.1',
  hadoop: '3.5.0',
  cassandra: '5.0.9',
  /** What Kafka logs through; its artifacts bring no binding of their own. */
  log4j: '2.25.5',
} as const

export const SERVER_IMAGES = {
  kafka: `apache/kafka:${SERVER_VERSIONS.kafka}`,
  hadoop: `apache/hadoop:${SERVER_VERSIONS.hadoop}`,
  cassandra: `cassandra:${SERVER_VERSIONS.cassandra}`,
} as const

export type Software = keyof typeof SERVER_IMAGES

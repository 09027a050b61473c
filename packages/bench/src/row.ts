import type { StackAddresses } from '@millrace/testing'

export type Server = 'kafka' | 'hdfs' | 'cassandra'

/** What both sides of a row get; it goes to them as JSON. */
export interface SideContext<Setting> {
  readonly addresses: StackAddresses
  /** Scratch folder of this row. */
  readonly directory: string
  /** What `prepare` made. */
  readonly setting: Setting
}

/** One of the two things that are compared, in a process of its own that stays warm between rounds; it is opened more than once. */
export interface Side {
  /** Does the work once and tells the figure, in the row's unit. */
  round(): Promise<number>
  close?(): Promise<void>
}

export type OpenSide<Setting> = (context: SideContext<Setting>) => Promise<Side>

/** A ratio of two figures that are taken in turn: ours ÷ other. */
export interface Row<Setting = unknown> {
  /** What stands above and below the line. */
  readonly title: string
  /** Of the figures of both sides. */
  readonly unit: string
  readonly goal: { readonly bound: 'at least' | 'at most'; readonly must: number; readonly aim: number }
  readonly needs: readonly Server[]
  /** Why this machine cannot run the row, or null; asked before anything is started. */
  readonly unavailable?: () => Promise<string | null>
  /** Rounds that do not count after each opening, where one is too few; a virtual machine compiles for longer. */
  readonly warmUpRounds?: number
  /** Done once, before the sides are opened for the first time. */
  readonly prepare?: (context: Omit<SideContext<null>, 'setting'>) => Promise<Setting>
  readonly ours: OpenSide<Setting>
  readonly other: OpenSide<Setting>
}

/** Declares a row; its file is named by its id. */
export const defineRow = <Setting = null>(row: Row<Setting>): Row => row as Row

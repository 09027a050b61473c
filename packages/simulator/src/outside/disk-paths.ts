/** Where the simulated disk of a process is; other paths are those of this machine, which are only read. */
export const DISK = '/disk'

export const isOnDisk = (path: string): boolean => path === DISK || path.startsWith(`${DISK}/`)

import { describe, expect, it } from 'vitest';
import { Heap } from '../../../train/kernels/heap.ts';
import { Pool } from '../../../train/kernels/pool.ts';

describe('Pool', () => {
  it('refuses an invalid number of threads', async () => {
    for (const threads of [0, -1, 1.5]) await expect(Pool.create({ threads })).rejects.toThrow(RangeError);
  });

  it('starts workers at the first run, and none for one thread', async () => {
    for (const threads of [1, 3]) {
      const pool = await Pool.create({ threads });
      expect(pool.workers).toHaveLength(0);
      const array = pool.floats(8).fill(0);
      pool.run('adam', ...new Array(4).fill(array.byteOffset), 8, 0, 0, 0, 1);
      expect(pool.workers).toHaveLength(threads - 1);
      await pool.close();
    }
  });

  it('keeps arrays valid when the memory grows', async () => {
    const pool = await Pool.create({ threads: 1 });
    const early = pool.floats(4).fill(1);
    const late = pool.floats(10_000_000);
    expect(pool.bytes).toBeGreaterThan(40_000_000);
    const address = pool.addressOf(early);
    pool.call('expOf', pool.addressOf(late), address, 4);
    expect(late[3]).toBeCloseTo(Math.E, 5);
    expect(() => pool.addressOf(new Float32Array(4))).toThrow('memory');
    await pool.close();
  });

  it.each([1, 2])('rethrows a kernel’s error, on %i threads', async (threads) => {
    const pool = await Pool.create({ threads });
    expect(() => pool.run('adam', -4096, -4096, -4096, -4096, 4000, 0, 0, 0, 1)).toThrow('out of bounds');
    expect(() => pool.run('nothing')).toThrow();
    await pool.close();
  });

  it('throws instead of hanging when a worker has died', async () => {
    const pool = await Pool.create({ threads: 2 });
    const array = pool.floats(8).fill(0);
    const run = () => pool.run('adam', ...new Array(4).fill(array.byteOffset), 8, 0, 0, 0, 1);
    run();
    await pool.workers[0]?.terminate();
    expect(run).toThrow('ended');
    await pool.close();
    expect(run).toThrow();
  });
});

describe('Heap', () => {
  it('allocates aligned ranges that do not overlap, and frees them', () => {
    let end = 0;
    const heap = new Heap(100, (bytes) => {
      end = Math.max(end, bytes);
    });
    const addresses = [1, 64, 65, 0, 1000].map((bytes) => heap.allocate(bytes));
    expect(addresses).toEqual([128, 192, 256, 384, 448]);
    expect(end).toBe(448 + 1024);
    for (const index of [1, 3, 2]) heap.free(addresses[index] as number); // becomes one stretch of 256 bytes
    expect(heap.allocate(200)).toBe(192);
    expect(heap.allocate(1)).toBe(448 + 1024);
    expect(() => heap.free(7)).toThrow('nothing');
  });

  it('has no leaks: after freeing in any order, everything fits again', () => {
    let end = 0;
    const heap = new Heap(0, (bytes) => {
      end = Math.max(end, bytes);
    });
    for (let round = 0; round < 20; round++) {
      const addresses = Array.from({ length: 50 }, (_, index) => heap.allocate(((index * 37 + round * 0) % 11) * 100));
      const order = addresses.map((address, index) => [(index * (2 * round + 3)) % 53, address] as const);
      for (const [, address] of order.sort((a, b) => a[0] - b[0])) heap.free(address);
      if (round > 0) continue;
      expect(end).toBeGreaterThan(0);
    }
    const whole = heap.allocate(end);
    expect(whole).toBe(0);
  });
});

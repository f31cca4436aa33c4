using PureClip.Tokenization;

namespace PureClip.Tests.Tokenization;

public class BpeMergerTests
{
    [Fact]
    public void Heap_and_scan_give_the_same_symbols_for_random_merges_in_any_order_of_rank()
    {
        Random random = new(20240501);
        for (int round = 0; round < 3000; round++)
        {
            int letters = random.Next(1, 5);
            MergeTable table = RandomMerges(random, letters, random.Next(1, 40));
            int[] symbols = [.. Enumerable.Range(0, random.Next(0, 120)).Select(_ => random.Next(letters))];
            Assert.Equal(Merge(BpeMerger.MergeByScan, symbols, table), Merge(BpeMerger.MergeByHeap, symbols, table));
        }
    }

    [Fact]
    public void Heap_and_scan_give_the_same_symbols_with_CLIPs_merges()
    {
        Random random = new(7);
        BpeVocabulary clip = BpeVocabulary.CreateClip("<|startoftext|>", "<|endoftext|>");
        for (int round = 0; round < 500; round++)
        {
            byte[] piece = [.. Enumerable.Range(0, random.Next(1, 200)).Select(_ => (byte)('a' + random.Next(random.Next(1, 27))))];
            int[] symbols = new int[piece.Length];
            clip.ToSymbols(piece, symbols);
            Assert.Equal(Merge(BpeMerger.MergeByScan, symbols, clip.Merges), Merge(BpeMerger.MergeByHeap, symbols, clip.Merges));
        }
    }

    [Fact]
    public void Every_occurrence_of_the_lowest_pair_is_merged_from_left_to_right()
    {
        MergeTable table = new(2);
        table.TryAdd(0, 0, rank: 0, merged: 1);
        table.TryAdd(1, 0, rank: 1, merged: 2);
        // aaaaa: (aa)(aa)a, then (aa)((aa)a)
        Assert.Equal([1, 2], Merge(BpeMerger.MergeByScan, [0, 0, 0, 0, 0], table));
        Assert.Equal([1, 2], Merge(BpeMerger.MergeByHeap, [0, 0, 0, 0, 0], table));
    }

    [Fact]
    public void A_pair_that_a_round_makes_waits_for_the_rounds_end_even_where_its_rank_is_lower()
    {
        MergeTable table = new(2);
        table.TryAdd(0, 1, rank: 5, merged: 2); // a b
        table.TryAdd(2, 0, rank: 1, merged: 3); // ab a: comes up while the second "a b" is still there
        Assert.Equal([2, 2], Merge(BpeMerger.MergeByScan, [0, 1, 0, 1], table));
        Assert.Equal([2, 2], Merge(BpeMerger.MergeByHeap, [0, 1, 0, 1], table));
    }

    private delegate int Merger(Span<int> symbols, MergeTable table);

    private static int[] Merge(Merger merger, int[] symbols, MergeTable table)
    {
        int[] copy = [.. symbols];
        return copy[..merger(copy, table)];
    }

    private static MergeTable RandomMerges(Random random, int letters, int count)
    {
        MergeTable table = new(count);
        int symbols = letters;
        int[] ranks = [.. Enumerable.Range(0, count)];
        random.Shuffle(ranks);
        foreach (int rank in ranks)
            if (table.TryAdd(random.Next(symbols), random.Next(symbols), rank, symbols))
                symbols++;
        return table;
    }
}

using PureClip.Model;

namespace PureClip.Tests;

/// <summary>Many callers at once: who is served when, with which bits, and what becomes of the others when one fails.</summary>
public sealed class EngineTests : IDisposable
{
    private static readonly string[] Words = ["hat", "a dog", "three cats in a box", "", "a red apple on a table"];

    private readonly Clip _alone = ShippedModel.Load(threads: 1);

    public static TheoryData<int> Threads => [1, 2, 3];

    [Theory, MemberData(nameof(Threads))]
    public async Task Callers_that_wait_at_once_are_served_together_with_the_bits_of_each_alone(int threads)
    {
        const int Callers = 64, CallsEach = 5;
        using Clip clip = ShippedModel.Load(threads);
        clip.EncodeText("warm");
        float[][] expected = [.. Words.Select(_alone.EncodeText)];
        float[][][] found = new float[Callers][][];
        long before = clip.TextEngine!.Rounds;
        Task all;
        using (clip.Runtime.Pool.Turn.Take()) // nobody computes before all wait
        {
            all = InParallel(Callers, caller =>
                found[caller] = [.. Enumerable.Range(0, CallsEach).Select(i => clip.EncodeText(Words[(caller + i) % Words.Length]))]);
            Until.True(() => clip.TextEngine.Waiting == Callers);
        }
        await all;
        for (int caller = 0; caller < Callers; caller++)
            for (int i = 0; i < CallsEach; i++)
                TensorAssert.SameBits(expected[(caller + i) % Words.Length], found[caller][i]);
        Assert.InRange((double)Callers * CallsEach / (clip.TextEngine.Rounds - before), 3, Callers);
    }

    [Theory, MemberData(nameof(Threads))]
    public async Task Callers_that_await_are_served_together_with_the_bits_of_each_alone(int threads)
    {
        using Clip clip = ShippedModel.Load(threads);
        await clip.EncodeTextAsync("warm");
        string picture = ShippedModel.Picture("birthday-cake.png");
        await clip.EncodeImageAsync(picture);
        float[][] expected = [.. Words.Select(_alone.EncodeText)];
        float[] expectedPicture = _alone.EncodeImage(picture);
        long before = clip.TextEngine!.Rounds;
        Task<float[]>[] texts;
        using (clip.Runtime.Pool.Turn.Take())
        {
            texts = [.. Enumerable.Range(0, 64).Select(i => clip.EncodeTextAsync(Words[i % Words.Length]).AsTask())];
            Assert.Equal(64, clip.TextEngine.Waiting); // and no thread but this one
        }
        Task<float[]>[] pictures = [.. Enumerable.Range(0, 20).Select(i => clip.EncodeImageAsync(picture).AsTask())];
        float[][] found = await Task.WhenAll(texts);
        for (int i = 0; i < found.Length; i++)
            TensorAssert.SameBits(expected[i % Words.Length], found[i]);
        Assert.InRange(clip.TextEngine.Rounds - before, 1, 64 / 3);
        foreach (float[] embedding in await Task.WhenAll(pictures))
            TensorAssert.SameBits(expectedPicture, embedding);
    }

    [Theory, MemberData(nameof(Threads))]
    public void A_text_beside_thousands_of_pictures_waits_one_round(int threads)
    {
        using Clip clip = ShippedModel.Load(threads);
        clip.EncodeText("warm");
        int pictures = 40 * clip.ImagesPerRound;
        float[] pixels = new float[pictures * clip.Preprocessor!.OutputLength], embeddings = new float[pictures * clip.EmbeddingWidth];
        clip.EncodePixels(pixels.AsSpan(0, clip.Preprocessor.OutputLength), 1, embeddings.AsSpan(0, clip.EmbeddingWidth));
        bool ended = false;
        Thread batch = new(() =>
        {
            clip.EncodePixels(pixels, pictures, embeddings);
            Volatile.Write(ref ended, true);
        });
        long start = clip.VisionEngine!.Rounds;
        batch.Start();
        Until.True(() => clip.VisionEngine.Rounds > start);
        for (int i = 0; i < 3; i++)
        {
            long before = clip.VisionEngine.Rounds;
            clip.EncodeText("hat");
            Assert.InRange(clip.VisionEngine.Rounds - before, 0, 2); // the one that was being computed, and the next has begun
        }
        Assert.False(Volatile.Read(ref ended));
        batch.Join();
    }

    [Fact]
    public void A_small_call_beside_a_large_one_of_the_same_tower_is_in_the_next_round()
    {
        using Clip clip = ShippedModel.Load(2);
        int pictures = 40 * clip.ImagesPerRound, length = clip.Preprocessor!.OutputLength;
        float[] pixels = new float[pictures * length], embeddings = new float[pictures * clip.EmbeddingWidth],
            mine = new float[clip.EmbeddingWidth];
        clip.EncodePixels(pixels.AsSpan(0, length), 1, mine);
        float[] expected = [.. mine];
        long start = clip.VisionEngine!.Rounds;
        Thread batch = new(() => clip.EncodePixels(pixels, pictures, embeddings));
        batch.Start();
        Until.True(() => clip.VisionEngine.Rounds > start);
        for (int i = 0; i < 3; i++)
        {
            long before = clip.VisionEngine.Rounds;
            clip.EncodePixels(pixels.AsSpan(0, length), 1, mine);
            Assert.InRange(clip.VisionEngine.Rounds - before, 0, 3);
            TensorAssert.SameBits(expected, mine);
        }
        batch.Join();
        Assert.All(
            Enumerable.Range(0, pictures), i => TensorAssert.SameBits(expected, embeddings[(i * mine.Length)..((i + 1) * mine.Length)]));
    }

    [Theory, MemberData(nameof(Threads))]
    public async Task Waiting_and_being_served_together_allocates_nothing(int threads)
    {
        const int Callers = 8;
        using Clip clip = ShippedModel.Load(threads);
        ReadOnlyMemory<int> ids = clip.Tokenizer!.Encode("a photo of a cat").Ids;
        long least = long.MaxValue;
        await InParallel(Callers, _ =>
        {
            float[] embedding = new float[clip.EmbeddingWidth];
            for (int repetition = 0; repetition < 40; repetition++) // tiered compilation may allocate while it replaces code
            {
                long before = GC.GetAllocatedBytesForCurrentThread();
                for (int i = 0; i < 25; i++)
                    clip.EncodeTokens(ids.Span, embedding);
                long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
                lock (clip)
                    least = Math.Min(least, repetition < 20 ? long.MaxValue : allocated);
            }
        });
        Assert.Equal(0, least);
    }

    [Fact]
    public async Task A_crowd_takes_no_more_memory_than_as_many_callers_as_threads()
    {
        string[] texts = [.. Enumerable.Range(0, 40).Select(i => $"a photograph of {i} cats and {i + 1} dogs")];
        ImageSource[] pictures = [.. ShippedModel.Gallery.Take(16).Select(ImageSource.FromFile)];
        Action<Clip>[] calls = [clip => clip.EncodeText(texts[0]), clip => clip.EncodeTexts(texts), clip => clip.EncodeImages(pictures)];
        foreach (Action<Clip> call in calls)
        {
            long few = await Measure(2), crowd = await Measure(60);
            Assert.InRange((double)crowd / few, 0.99, 1.2);

            async Task<long> Measure(int callers)
            {
                using Clip clip = ShippedModel.Load(2);
                clip.Warm();
                long weights = clip.AllocatedBytes, most = 0;
                Task all = InParallel(callers, _ =>
                {
                    call(clip);
                    InterlockedMax(ref most, clip.AllocatedBytes);
                });
                await all;
                return Math.Max(most, clip.AllocatedBytes) - weights;
            }
        }
    }

    [Fact]
    public async Task A_call_that_is_cancelled_while_it_waits_ends_and_the_others_go_on()
    {
        using Clip clip = ShippedModel.Load(2);
        float[] expected = clip.EncodeText("hat");
        using CancellationTokenSource source = new();
        Task<float[]> cancelled, awaited, other;
        using (clip.Runtime.Pool.Turn.Take())
        {
            cancelled = InThread(() => clip.EncodeText("hat", source.Token));
            awaited = clip.EncodeTextAsync("hat", source.Token).AsTask();
            other = InThread(() => clip.EncodeText("hat"));
            Until.True(() => clip.TextEngine!.Waiting == 3);
            source.Cancel();
        }
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => awaited);
        Assert.True(awaited.IsCanceled);
        float[] found = await other;
        TensorAssert.SameBits(expected, found);
    }

    [Fact]
    public async Task A_call_that_fails_in_a_round_with_others_fails_alone()
    {
        using Clip clip = ShippedModel.Load(2);
        float[] expected = clip.EncodeText("hat");
        Task<float[]>[] good;
        Task bad, worse;
        long before = clip.TextEngine!.Rounds;
        using (clip.Runtime.Pool.Turn.Take())
        {
            good = [.. Enumerable.Range(0, 5).Select(_ => InThread(() => clip.EncodeText("hat")))];
            bad = InThread(() => Fail(new() { InAdd = true }));
            worse = clip.TextEngine.RunAsync(new FailingJob(), CancellationToken.None);
            Until.True(() => clip.TextEngine.Waiting == 7);
        }
        Assert.Equal("in Add", (await Assert.ThrowsAsync<NotSupportedException>(() => bad)).Message);
        Assert.Equal("in Deliver", (await Assert.ThrowsAsync<NotSupportedException>(() => worse)).Message);
        foreach (Task<float[]> call in good)
        {
            float[] found = await call;
            TensorAssert.SameBits(expected, found);
        }
        Assert.InRange(clip.TextEngine.Rounds - before, 1, 3);

        bool Fail(FailingJob job)
        {
            clip.TextEngine.Run(ref job, CancellationToken.None);
            return true;
        }
    }

    [Fact]
    public void An_interrupted_caller_gets_its_answer()
    {
        using Clip clip = ShippedModel.Load(2);
        float[] expected = clip.EncodeText("hat");
        float[]? found = null;
        Thread caller = new(() => found = clip.EncodeText("hat"));
        using (clip.Runtime.Pool.Turn.Take())
        {
            InThread(() => clip.EncodeText("dog")); // leads, so that the interrupted one only waits
            Until.True(() => clip.TextEngine!.Waiting == 1);
            caller.Start();
            Until.True(() => clip.TextEngine!.Waiting == 2);
            caller.Interrupt();
            Assert.False(caller.Join(20));
        }
        caller.Join();
        TensorAssert.SameBits(expected, found!);
    }

    public void Dispose() => _alone.Dispose();

    private static void InterlockedMax(ref long most, long value)
    {
        for (long seen = Volatile.Read(ref most); seen < value;)
            seen = Interlocked.CompareExchange(ref most, value, seen) == seen ? value : Volatile.Read(ref most);
    }

    /// <summary>On threads of their own, so that all run at once.</summary>
    private static Task InParallel(int callers, Action<int> call) =>
        Task.WhenAll(Enumerable.Range(0, callers).Select(i => Task.Factory.StartNew(() => call(i), TaskCreationOptions.LongRunning)));

    private static Task<T> InThread<T>(Func<T> call) => Task.Factory.StartNew(call, TaskCreationOptions.LongRunning);

    private struct FailingJob : IJob
    {
        public bool InAdd;

        public readonly int Count => 3;

        public readonly int Rows(int index) => 1;

        public readonly void Add(int index, Pass pass)
        {
            if (InAdd)
                throw new NotSupportedException("in Add");
            pass.Add(1);
        }

        public readonly void Deliver(int index, ReadOnlySpan<float> embedding) => throw new NotSupportedException("in Deliver");
    }
}

using PureClip.Memory;
using PureClip.Model;
using PureClip.Training.Tests.Support;

namespace PureClip.Training.Tests;

/// <summary>Every operation's gradients against torch's autograd in double, on every vector width.</summary>
public unsafe class OperationFixtureTests
{
    private const string Folder = "training/operations.safetensors";

    public static IEnumerable<object[]> Of(string names) =>
        Tiers.Names.SelectMany(tier => names.Split(' ').Select(name => (object[])[tier, name]));

    [FixtureTheory(Folder)]
    [MemberData(nameof(Of), "linear linear_square linear_long")]
    public void Linear(string tier, string name)
    {
        using GradientFixtures f = new("operations.safetensors");
        using TrainingCompute compute = Numbers.Machine(tier);
        using TrainingMatrix x = f.Matrix($"{name}/in/x"), dy = f.Matrix($"{name}/up/y"), y = Numbers.Matrix(dy.View.Rows, dy.View.Columns);
        using TrainingMatrix dx = Numbers.Matrix(x.View.Rows, x.View.Columns);
        using TrainedNumbers model = Model(compute, f, name, ("layer.weight", "w"), ("layer.bias", "b"));
        TrainedMatrix layer = model.Matrix("layer");
        model.Pack();
        compute.Linear(x.View, layer, y.View);
        compute.InputGradient(dy.View, layer, dx.View);
        compute.WeightGradient(dy.View, x.View, layer);
        f.Check(name, "out/y", Numbers.ToArray(y.View));
        f.Check(name, "grad/x", Numbers.ToArray(dx.View));
        CheckAll(f, name, model, ("layer.weight", "w"), ("layer.bias", "b"));
    }

    [FixtureTheory(Folder)]
    [MemberData(nameof(Of), "layernorm layernorm_small_rows layernorm_plain")]
    public void LayerNorm(string tier, string name)
    {
        using GradientFixtures f = new("operations.safetensors");
        using TrainingCompute compute = Numbers.Machine(tier);
        using TrainingMatrix x = f.Matrix($"{name}/in/x"), dy = f.Matrix($"{name}/up/y"), y = Numbers.Matrix(x.View.Rows, x.View.Columns);
        using TrainingMatrix dx = Numbers.Matrix(x.View.Rows, x.View.Columns);
        float eps = f.Parameters(name).GetProperty("eps").GetSingle();
        if (!f.Has($"{name}/in/w"))
        {
            compute.LayerNormBackward(x.View, new(0, 0, 0, 0, eps), dy.View, dx.View, add: false);
            f.Check(name, "grad/x", Numbers.ToArray(dx.View));
            return;
        }
        using TrainedNumbers model = Model(compute, f, name, ("norm.weight", "w"), ("norm.bias", "b"));
        TrainedNorm norm = model.Norm("norm", eps);
        compute.LayerNorm(x.View, norm, y.View);
        compute.LayerNormBackward(x.View, norm, dy.View, dx.View, add: false);
        f.Check(name, "out/y", Numbers.ToArray(y.View));
        f.Check(name, "grad/x", Numbers.ToArray(dx.View));
        CheckAll(f, name, model, ("norm.weight", "w"), ("norm.bias", "b"));
    }

    [FixtureTheory(Folder)]
    [MemberData(nameof(Of), "attention attention_causal attention_lengths attention_one_query attention_sharp attention_high")]
    public void Attention(string tier, string name)
    {
        using GradientFixtures f = new("operations.safetensors");
        using TrainingCompute compute = Numbers.Machine(tier);
        int[] shape = f.Shape($"{name}/in/k");
        int sequences = shape[0], tokens = shape[1], heads = shape[2], width = heads * shape[3], queries = f.Shape($"{name}/in/q")[1];
        int[] lengths = f.Parameters(name).TryGetProperty("lengths", out var given)
            ? [.. given.EnumerateArray().Select(length => length.GetInt32())]
            : [.. Enumerable.Repeat(tokens, sequences)];
        Sequences keys = Sequences.Of(lengths), asking = Sequences.Of([.. Enumerable.Repeat(queries, sequences)]);

        // Keys behind a sequence's length do not exist here: the others lie end to end.
        float[] Existing(string tensor) =>
            [.. Enumerable.Range(0, sequences).SelectMany(i => f.Floats(tensor).Skip(i * tokens * width).Take(lengths[i] * width))];
        using TrainingMatrix q = Numbers.Matrix(sequences * queries, width, f.Floats($"{name}/in/q")),
            dOut = Numbers.Matrix(sequences * queries, width, f.Floats($"{name}/up/o"));
        using TrainingMatrix k = Numbers.Matrix(keys.Rows, width, Existing($"{name}/in/k")),
            v = Numbers.Matrix(keys.Rows, width, Existing($"{name}/in/v"));
        using TrainingMatrix dq = Numbers.Matrix(sequences * queries, width), dk = Numbers.Matrix(keys.Rows, width),
            dv = Numbers.Matrix(keys.Rows, width);
        bool causal = f.Parameters(name).GetProperty("causal").GetBoolean();
        compute.AttentionBackward(q.View, k.View, v.View, dOut.View, asking.Starts, keys.Starts, heads, causal, dq.View, dk.View, dv.View);

        float[] Padded(MatrixView rows)
        {
            float[] all = new float[sequences * tokens * width], found = Numbers.ToArray(rows);
            for (int i = 0; i < sequences; i++)
                found.AsSpan(keys.Starts[i] * width, lengths[i] * width).CopyTo(all.AsSpan(i * tokens * width));
            return all;
        }
        f.Check(name, "grad/q", Numbers.ToArray(dq.View));
        f.Check(name, "grad/k", Padded(dk.View));
        f.Check(name, "grad/v", Padded(dv.View));
    }

    [FixtureTheory(Folder)]
    [MemberData(nameof(Of), "gelu_quick gelu_erf gelu_tanh silu")]
    public void Nonlinearities(string tier, string name)
    {
        using GradientFixtures f = new("operations.safetensors");
        using TrainingCompute compute = Numbers.Machine(tier);
        Nonlinearity kind = name switch
        {
            "gelu_quick" => Nonlinearity.QuickGelu,
            "gelu_erf" => Nonlinearity.Gelu,
            "gelu_tanh" => Nonlinearity.GeluTanh,
            _ => Nonlinearity.Silu,
        };

        // The slope is applied where a product is stored: the product with the identity.
        int n = f.Floats($"{name}/in/x").Length;
        LearnedList list = new();
        list.Add("identity", [n, n], default);
        using TrainedNumbers model = new(list, compute);
        for (int i = 0; i < n; i++)
            model.Numbers["identity"][i * n + i] = 1f;
        TrainedMatrix identity = model.Matrix("identity");
        model.Pack();
        using TrainingMatrix h = f.Matrix($"{name}/in/x"), dy = f.Matrix($"{name}/up/y"), dh = Numbers.Matrix(1, n),
            y = Numbers.Matrix(1, n);
        compute.InputGradient(dy.View, identity, kind, h.View, dh.View, y.View);
        f.Check(name, "out/y", Numbers.ToArray(y.View));
        f.Check(name, "grad/x", Numbers.ToArray(dh.View));
    }

    [FixtureTheory(Folder)]
    [MemberData(nameof(Of), "attention_layer attention_layer_causal")]
    public void AttentionLayer(string tier, string name)
    {
        using GradientFixtures f = new("operations.safetensors");
        using TrainingCompute compute = Numbers.Machine(tier);
        using TrainedNumbers model = Model(
            compute, f, name, ("attn.qkv.weight", "qkv_w"), ("attn.qkv.bias", "qkv_b"), ("attn.out.weight", "out_w"),
            ("attn.out.bias", "out_b"));
        AttentionTraining layer = new(
            model, "attn", ShapeOf(f, name), Reads.Every);
        model.Pack();
        int[] shape = f.Shape($"{name}/in/x");
        Sequences s = Sequences.Of([.. Enumerable.Repeat(shape[1], shape[0])]);
        using BlockScratch t = new();
        using AttentionTraining.Memory m = new();
        using TrainingMatrix x = f.Matrix($"{name}/in/x"), d = f.Matrix($"{name}/up/y"),
            zero = Numbers.Matrix(s.Rows, 8, new float[s.Rows * 8]);
        using TrainingMatrix y = Numbers.Matrix(s.Rows, 8), dx = Numbers.Matrix(s.Rows, 8);
        layer.Forward(x.View, zero.View, s, m, t, y.View);
        layer.Backward(d.View, x.View, s, m, t, dx.View);
        f.Check(name, "out/y", Numbers.ToArray(y.View));
        f.Check(name, "grad/x", Numbers.ToArray(dx.View));
        CheckAll(
            f, name, model, ("attn.qkv.weight", "qkv_w"), ("attn.qkv.bias", "qkv_b"), ("attn.out.weight", "out_w"),
            ("attn.out.bias", "out_b"));
    }

    [FixtureTheory(Folder)]
    [MemberData(nameof(Of), "block_quick block_erf_causal")]
    public void Block(string tier, string name)
    {
        (string, string)[] tensors =
        [
            ("b.ln_1.weight", "ln1_w"), ("b.ln_1.bias", "ln1_b"), ("b.attn.qkv.weight", "qkv_w"), ("b.attn.qkv.bias", "qkv_b"),
            ("b.attn.out.weight", "out_w"),
            ("b.attn.out.bias", "out_b"), ("b.ln_2.weight", "ln2_w"), ("b.ln_2.bias", "ln2_b"), ("b.mlp.fc.weight", "fc1_w"),
            ("b.mlp.fc.bias", "fc1_b"),
            ("b.mlp.proj.weight", "fc2_w"), ("b.mlp.proj.bias", "fc2_b"),
        ];
        using GradientFixtures f = new("operations.safetensors");
        using TrainingCompute compute = Numbers.Machine(tier);
        using TrainedNumbers model = Model(compute, f, name, tensors);
        BlockTraining block = new(
            model, "b", ShapeOf(f, name) with { Eps = f.Parameters(name).GetProperty("eps").GetSingle(), F = KindOf(f, name) },
            Reads.Every);
        model.Pack();
        int[] shape = f.Shape($"{name}/in/x");
        Sequences s = Sequences.Of([.. Enumerable.Repeat(shape[1], shape[0])]);
        using BlockScratch t = new();
        using BlockTraining.Memory m = new();
        using TrainingMatrix x = f.Matrix($"{name}/in/x"), d = f.Matrix($"{name}/up/y");
        f.Check(name, "out/y", Numbers.ToArray(block.Forward(x.View, s, m, t)));
        f.Check(name, "grad/x", Numbers.ToArray(block.Backward(d.View, s, m, t)));
        CheckAll(f, name, model, tensors);
    }

    [FixtureTheory(Folder)]
    [MemberData(nameof(Of), "attention_pool")]
    public void AttentionPool(string tier, string name)
    {
        (string, string)[] tensors =
        [
            ("p.probe", "probe"), ("p.attn.qkv.weight", "qkv_w"), ("p.attn.qkv.bias", "qkv_b"), ("p.attn.out.weight", "out_w"),
            ("p.attn.out.bias", "out_b"),
            ("p.ln.weight", "ln2_w"), ("p.ln.bias", "ln2_b"), ("p.mlp.fc.weight", "fc1_w"), ("p.mlp.fc.bias", "fc1_b"),
            ("p.mlp.proj.weight", "fc2_w"), ("p.mlp.proj.bias", "fc2_b"),
        ];
        using GradientFixtures f = new("operations.safetensors");
        using TrainingCompute compute = Numbers.Machine(tier);
        using TrainedNumbers model = Model(compute, f, name, tensors);
        using AttentionPoolTraining pool = new(
            model, "p", f.Parameters(name).GetProperty("n_heads").GetInt32(), f.Parameters(name).GetProperty("eps").GetSingle(),
            KindOf(f, name));
        model.Pack();
        int[] shape = f.Shape($"{name}/in/x");
        Sequences s = Sequences.Of([.. Enumerable.Repeat(shape[1], shape[0])]);
        using BlockScratch t = new();
        using AttentionPoolTraining.Memory m = new();
        using TrainingMatrix x = f.Matrix($"{name}/in/x"), d = f.Matrix($"{name}/up/y"), dx = Numbers.Matrix(s.Rows, shape[2]);
        f.Check(name, "out/y", Numbers.ToArray(pool.Forward(x.View, s, m, t)));
        pool.Backward(d.View, x.View, s, m, t, dx.View);
        f.Check(name, "grad/x", Numbers.ToArray(dx.View));
        CheckAll(f, name, model, tensors);
    }

    [FixtureTheory(Folder)]
    [MemberData(nameof(Of), "patch_embedding patch_embedding_dropped")]
    public void PatchEmbedding(string tier, string name)
    {
        (string, string)[] tensors =
            [("v.class_embedding", "class"), ("v.positional_embedding", "position"), ("v.patch_embedding.weight", "kernel"),
            ("v.patch_embedding.bias", "bias")];
        using GradientFixtures f = new("operations.safetensors");
        using TrainingCompute compute = Numbers.Machine(tier);
        using TrainedNumbers model = Model(compute, f, name, tensors);
        VisionTransformerConfig tower = new(new(8, 1, 1, 8, GeluKind.Quick, 1e-5f), 12, f.Parameters(name).GetProperty("patch").GetInt32());
        PatchEmbeddingTraining layer = new(model, "v", tower);
        model.Pack();
        int[][]? kept = f.Parameters(name).TryGetProperty("keep", out var keep)
            ? [.. keep.EnumerateArray().Select(row => row.EnumerateArray().Select(patch => patch.GetInt32()).ToArray())]
            : null;
        using BlockScratch t = new();
        using TrainingMatrix dx = f.Matrix($"{name}/up/y"), x = Numbers.Matrix(dx.View.Rows, dx.View.Columns), cut = new();
        float[] pictures = f.Floats($"{name}/in/picture");
        Sequences s = layer.SequencesOf(pictures, kept);
        layer.Forward(pictures, kept, s, cut, t, x.View);
        layer.Backward(dx.View, kept, s, cut, t);
        f.Check(name, "out/y", Numbers.ToArray(x.View));
        CheckAll(f, name, model, tensors);
    }

    [FixtureTheory(Folder)]
    [MemberData(nameof(Of), "lora")]
    public void Adapter(string tier, string name)
    {
        using GradientFixtures f = new("operations.safetensors");
        using TrainingCompute compute = Numbers.Machine(tier);
        int rank = f.Shape($"{name}/in/a")[0];
        LearnedList list = new();
        Learned weight = list.Add("layer.weight", [.. f.Shape($"{name}/in/w").Select(size => (long)size)], new(Decays: true, Parts: 1));
        Learned bias = list.Add("layer.bias", [weight.Rows], default);
        using LoraAdapters adapters = new(list, LoraTargets.Mlp, rank, f.Parameters(name).GetProperty("alpha").GetDouble(), 1, compute);
        using TrainedNumbers model = new(list, compute, adapters);
        f.Floats($"{name}/in/w").CopyTo(model.Numbers[weight]);
        f.Floats($"{name}/in/bias").CopyTo(model.Numbers[bias]);
        f.Floats($"{name}/in/a").CopyTo(adapters.Numbers["layer.weight.lora_A"]);
        Turned(f.Floats($"{name}/in/b"), rank).CopyTo(adapters.Numbers["layer.weight.lora_B"]);
        TrainedMatrix layer = model.Matrix("layer");
        adapters.Freeze(model);
        adapters.Merge(model);
        using TrainingMatrix x = f.Matrix($"{name}/in/x"), dy = f.Matrix($"{name}/up/y"), y = Numbers.Matrix(9, 6),
            dx = Numbers.Matrix(9, 11);
        compute.Linear(x.View, layer, y.View);
        compute.InputGradient(dy.View, layer, dx.View);
        compute.WeightGradient(dy.View, x.View, layer);
        adapters.ScaleGradients();
        f.Check(name, "out/y", Numbers.ToArray(y.View));
        f.Check(name, "grad/x", Numbers.ToArray(dx.View));
        f.Check(name, "grad/a", adapters.Gradients["layer.weight.lora_A"]);
        f.Check(name, "grad/b", Turned(adapters.Gradients["layer.weight.lora_B"], adapters.Gradients["layer.weight.lora_B"].Length / rank));
    }

    /// <summary>[rows, columns] as [columns, rows].</summary>
    private static float[] Turned(ReadOnlySpan<float> numbers, int columns)
    {
        int rows = numbers.Length / columns;
        float[] turned = new float[numbers.Length];
        for (int i = 0; i < numbers.Length; i++)
            turned[i % columns * rows + i / columns] = numbers[i];
        return turned;
    }

    [FixtureFact(Folder)]
    public void Embedding()
    {
        using GradientFixtures f = new("operations.safetensors");
        using TrainingCompute compute = Numbers.Machine("avx2");
        using TrainingMatrix dy = f.Matrix("embedding/up/y");
        using TrainingMatrix table = Numbers.Matrix(9, 6, new float[54]), positions = Numbers.Matrix(7, 6, new float[42]);
        int[] ids =
            [.. f.Parameters("embedding").GetProperty("ids").EnumerateArray()
            .SelectMany(row => row.EnumerateArray().Select(id => id.GetInt32()))];
        RowScatter.Add(dy.View, ids, table.View, compute.Pool);
        RowScatter.Add(dy.View, [.. ids.Select((_, i) => i % 5)], positions.View, compute.Pool);
        f.Check("embedding", "grad/table", Numbers.ToArray(table.View));
        f.Check("embedding", "grad/position", Numbers.ToArray(positions.View));
    }

    [FixtureTheory(Folder)]
    [InlineData("pool_mean")]
    [InlineData("pool_first")]
    [InlineData("pool_last")]
    [InlineData("pool_end")]
    public void Pooling(string name)
    {
        using GradientFixtures f = new("operations.safetensors");
        int[] shape = f.Shape($"{name}/in/x");
        Sequences s = Sequences.Of([.. Enumerable.Repeat(shape[1], shape[0])]);
        using TrainingMatrix x = f.Matrix($"{name}/in/x"), dy = f.Matrix($"{name}/up/y"), y = Numbers.Matrix(shape[0], shape[2]);
        using TrainingMatrix dx = Numbers.Matrix(s.Rows, shape[2], new float[s.Rows * shape[2]]);
        if (name == "pool_mean")
        {
            SequenceRows.Mean(x.View, s.Starts, y.View);
            SequenceRows.MeanBackward(dy.View, s.Starts, dx.View);
            f.Check(name, "out/y", Numbers.ToArray(y.View));
            f.Check(name, "grad/x", Numbers.ToArray(dx.View));
            return;
        }
        if (name == "pool_end")
        {
            // The token that is read is a sequence's last: what is behind it does not exist.
            int[] ends = [.. f.Parameters(name).GetProperty("ends").EnumerateArray().Select(end => end.GetInt32())];
            float[] expected = Array.ConvertAll(f.Doubles($"{name}/grad/x"), static g => (float)g);
            for (int i = 0; i < s.Count; i++)
                Assert.Equal(expected.AsSpan((s.Starts[i] + ends[i]) * shape[2], shape[2]), dy.View.RowSpan(i));
            return;
        }
        Reads reads = name == "pool_last" ? Reads.Last : Reads.First;
        s.Pick(x.View, reads, y.View);
        s.AddPicked(dy.View, reads, dx.View);
        f.Check(name, "out/y", Numbers.ToArray(y.View));
        f.Check(name, "grad/x", Numbers.ToArray(dx.View));
    }

    [FixtureFact(Folder)]
    public void Unit()
    {
        using GradientFixtures f = new("operations.safetensors");
        using TrainingCompute compute = Numbers.Machine("avx2");
        using TrainingMatrix x = f.Matrix("unit/in/x"), dy = f.Matrix("unit/up/y"), y = Numbers.Matrix(4, 7), dx = Numbers.Matrix(4, 7);
        float[] lengths = new float[4];
        UnitRows.Forward(x.View, y.View, lengths, compute.Pool);
        UnitRows.Backward(y.View, lengths, dy.View, dx.View, compute.Pool);
        f.Check("unit", "out/y", Numbers.ToArray(y.View));
        f.Check("unit", "grad/x", Numbers.ToArray(dx.View));
    }

    [FixtureTheory(Folder)]
    [MemberData(nameof(Of), "modulate")]
    public void Modulate(string tier, string name)
    {
        using GradientFixtures f = new("operations.safetensors");
        using TrainingCompute compute = Numbers.Machine(tier);
        using TrainingMatrix x = f.Matrix($"{name}/in/x"), dy = f.Matrix($"{name}/up/y"), scale = f.Matrix($"{name}/in/scale"),
            shift = f.Matrix($"{name}/in/shift");
        using TrainingMatrix ones = Numbers.Matrix(1, 6, [1, 1, 1, 1, 1, 1]), zeros = Numbers.Matrix(1, 6, new float[6]);
        using TrainingMatrix normed = Numbers.Matrix(10, 6), y = Numbers.Matrix(10, 6), dNormed = Numbers.Matrix(10, 6),
            dx = Numbers.Matrix(10, 6);
        using TrainingMatrix dScale = Numbers.Matrix(2, 6), dShift = Numbers.Matrix(2, 6);
        float eps = f.Parameters(name).GetProperty("eps").GetSingle();
        int[] starts = [0, 5, 10];
        compute.LayerNorm(x.View, new((nint)ones.View.Data, (nint)zeros.View.Data, 0, 0, eps), normed.View);
        SequenceRows.Modulate(normed.View, scale.View, shift.View, starts, y.View, compute.Pool);
        SequenceRows.ModulateBackward(normed.View, scale.View, starts, dy.View, dNormed.View, dScale.View, dShift.View, compute.Pool);
        compute.LayerNormBackward(x.View, new(0, 0, 0, 0, eps), dNormed.View, dx.View, add: false);
        f.Check(name, "out/y", Numbers.ToArray(y.View));
        f.Check(name, "grad/x", Numbers.ToArray(dx.View));
        f.Check(name, "grad/scale", Numbers.ToArray(dScale.View));
        f.Check(name, "grad/shift", Numbers.ToArray(dShift.View));
    }

    [FixtureFact(Folder)]
    public void Gate()
    {
        using GradientFixtures f = new("operations.safetensors");
        using TrainingCompute compute = Numbers.Machine("avx2");
        using TrainingMatrix x = f.Matrix("gate/in/x"), dy = f.Matrix("gate/up/y"), branch = f.Matrix("gate/in/branch"),
            gate = f.Matrix("gate/in/gate");
        using TrainingMatrix y = Numbers.Matrix(10, 6), dBranch = Numbers.Matrix(10, 6), dGate = Numbers.Matrix(2, 6);
        int[] starts = [0, 5, 10];
        SequenceRows.Gate(x.View, branch.View, gate.View, starts, y.View, compute.Pool);
        SequenceRows.GateBackward(branch.View, gate.View, starts, dy.View, dBranch.View, dGate.View, compute.Pool);
        f.Check("gate", "out/y", Numbers.ToArray(y.View));
        f.Check("gate", "grad/x", Numbers.ToArray(dy.View));
        f.Check("gate", "grad/branch", Numbers.ToArray(dBranch.View));
        f.Check("gate", "grad/gate", Numbers.ToArray(dGate.View));
    }

    /// <summary>A model of a case's inputs. Names with qkv stand for three tensors that are stacked.</summary>
    internal static TrainedNumbers Model(
        TrainingCompute compute, GradientFixtures f, string name, params (string Ours, string Theirs)[] tensors)
    {
        LearnedList list = new();
        List<(string Ours, float[] Numbers)> all = [];
        foreach ((string ours, string theirs) in tensors)
        {
            string[] sources = Sources(theirs);
            if (!f.Has($"{name}/in/{sources[0]}"))
                continue;
            int[] shape = f.Shape($"{name}/in/{sources[0]}");
            list.Add(ours, [shape[0] * sources.Length, .. shape.Skip(1).Select(size => (long)size)], default);
            all.Add((ours, [.. sources.SelectMany(source => f.Floats($"{name}/in/{source}"))]));
        }
        TrainedNumbers model = new(list, compute);
        foreach ((string ours, float[] numbers) in all)
            numbers.CopyTo(model.Numbers[ours]);
        return model;
    }

    internal static void CheckAll(GradientFixtures f, string name, TrainedNumbers model, params (string Ours, string Theirs)[] tensors)
    {
        foreach ((string ours, string theirs) in tensors)
        {
            if (model.List.Find(ours) is not Learned learned)
                continue;
            string[] sources = Sources(theirs);
            int each = (int)learned.Count / sources.Length;
            for (int i = 0; i < sources.Length; i++)
                f.Check(name, $"grad/{sources[i]}", model.Gradients[learned].Slice(i * each, each));
        }
    }

    private static string[] Sources(string theirs) =>
        theirs.StartsWith("qkv", StringComparison.Ordinal) ? [$"q{theirs[3..]}", $"k{theirs[3..]}", $"v{theirs[3..]}"] : [theirs];

    private static BlockShape ShapeOf(GradientFixtures f, string name) => new(
        f.Parameters(name).GetProperty("n_heads").GetInt32(), 1e-5f, Nonlinearity.QuickGelu,
        f.Parameters(name).GetProperty("causal").GetBoolean() ? Sight.Back : Sight.All);

    private static Nonlinearity KindOf(GradientFixtures f, string name) => f.Parameters(name).GetProperty("kind").GetString() switch
    {
        "quick" => Nonlinearity.QuickGelu,
        "erf" => Nonlinearity.Gelu,
        _ => Nonlinearity.GeluTanh,
    };
}

namespace PureClip.Checkpoints;

/// <summary>In whose words a checkpoint names its tensors: a column of the table.</summary>
/// <param name="Name">Its name, for people.</param>
/// <param name="Column">Which column of <see cref="Names"/>.</param>
/// <param name="TextPrefix">What stands before the text tower's names.</param>
internal sealed record Dialect(string Name, int Column, string TextPrefix = "")
{
    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>What a checkpoint calls one of our tensors.</summary>
/// <param name="Names">One tensor, or those that are stacked in ours.</param>
/// <param name="IsTurned">Whether it is stored as [inputs, outputs].</param>
internal readonly record struct SourceName(string[] Names, bool IsTurned);

/// <summary>
/// What others call our tensors: the one table of names. Reading uses it from right to left, writing from left to right. A dialect is a
/// column, a family of towers some rows.
/// </summary>
internal static class Names
{
    /// <summary>e to the power of it multiplies cosines.</summary>
    public const string LogitScale = "logit_scale";

    /// <summary>Added to the scaled cosines, in models trained with a sigmoid loss.</summary>
    public const string LogitBias = "logit_bias";

    // # a number, * weight, bias or a batch norm's statistics, {q,k,v} tensors that are stacked in ours, ᵀ stored as [inputs, outputs],
    // - not there.
    private const string Rows = """
        canonical                   | openclip                                      | huggingface
        vision.class_embedding      | visual.class_embedding                        | vision_model.embeddings.class_embedding
        vision.patch_embedding      | visual.conv1.weight                           | vision_model.embeddings.patch_embedding.weight
        vision.positional_embedding | visual.positional_embedding                   | vision_model.embeddings.position_embedding.weight
        vision.ln_pre.*             | visual.ln_pre.*                               | vision_model.pre_layrnorm.*
        vision.blocks.#.ln_1.*      | visual.transformer.resblocks.#.ln_1.*         | vision_model.encoder.layers.#.layer_norm1.*
        vision.blocks.#.attn.qkv.*  | visual.transformer.resblocks.#.attn.in_proj_* | vision_model.encoder.layers.#.self_attn.{q,k,v}_proj.*
        vision.blocks.#.attn.out.*  | visual.transformer.resblocks.#.attn.out_proj.*| vision_model.encoder.layers.#.self_attn.out_proj.*
        vision.blocks.#.ln_2.*      | visual.transformer.resblocks.#.ln_2.*         | vision_model.encoder.layers.#.layer_norm2.*
        vision.blocks.#.mlp.fc.*    | visual.transformer.resblocks.#.mlp.c_fc.*     | vision_model.encoder.layers.#.mlp.fc1.*
        vision.blocks.#.mlp.proj.*  | visual.transformer.resblocks.#.mlp.c_proj.*   | vision_model.encoder.layers.#.mlp.fc2.*
        vision.ln_post.*            | visual.ln_post.*                              | vision_model.post_layernorm.*
        vision.projection           | visual.proj ᵀ                                 | visual_projection.weight
        vision.stem.conv1.*         | visual.conv1.*                                | -
        vision.stem.bn1.*           | visual.bn1.*                                  | -
        vision.stem.conv2.*         | visual.conv2.*                                | -
        vision.stem.bn2.*           | visual.bn2.*                                  | -
        vision.stem.conv3.*         | visual.conv3.*                                | -
        vision.stem.bn3.*           | visual.bn3.*                                  | -
        vision.layers.#.#.conv1.*   | visual.layer#.#.conv1.*                       | -
        vision.layers.#.#.bn1.*     | visual.layer#.#.bn1.*                         | -
        vision.layers.#.#.conv2.*   | visual.layer#.#.conv2.*                       | -
        vision.layers.#.#.bn2.*     | visual.layer#.#.bn2.*                         | -
        vision.layers.#.#.conv3.*   | visual.layer#.#.conv3.*                       | -
        vision.layers.#.#.bn3.*     | visual.layer#.#.bn3.*                         | -
        vision.layers.#.#.conv.*    | visual.layer#.#.downsample.0.*                | -
        vision.layers.#.#.bn.*      | visual.layer#.#.downsample.1.*                | -
        vision.pool.positions       | visual.attnpool.positional_embedding          | -
        vision.pool.query.*         | visual.attnpool.q_proj.*                      | -
        vision.pool.key.*           | visual.attnpool.k_proj.*                      | -
        vision.pool.value.*         | visual.attnpool.v_proj.*                      | -
        vision.pool.out.*           | visual.attnpool.c_proj.*                      | -
        text.token_embedding        | token_embedding.weight                        | text_model.embeddings.token_embedding.weight
        text.positional_embedding   | positional_embedding                          | text_model.embeddings.position_embedding.weight
        text.blocks.#.ln_1.*        | transformer.resblocks.#.ln_1.*                | text_model.encoder.layers.#.layer_norm1.*
        text.blocks.#.attn.qkv.*    | transformer.resblocks.#.attn.in_proj_*        | text_model.encoder.layers.#.self_attn.{q,k,v}_proj.*
        text.blocks.#.attn.out.*    | transformer.resblocks.#.attn.out_proj.*       | text_model.encoder.layers.#.self_attn.out_proj.*
        text.blocks.#.ln_2.*        | transformer.resblocks.#.ln_2.*                | text_model.encoder.layers.#.layer_norm2.*
        text.blocks.#.mlp.fc.*      | transformer.resblocks.#.mlp.c_fc.*            | text_model.encoder.layers.#.mlp.fc1.*
        text.blocks.#.mlp.proj.*    | transformer.resblocks.#.mlp.c_proj.*          | text_model.encoder.layers.#.mlp.fc2.*
        text.ln_final.*             | ln_final.*                                    | text_model.final_layer_norm.*
        text.projection             | text_projection ᵀ                             | text_projection.weight
        """;

    // A further column; what it does not list is not there. It names the two matrices of the MLP the wrong way round.
    private const string MoreRows = """
        canonical                    | clip.cpp
        vision.class_embedding       | v.class_embd
        vision.patch_embedding       | v.patch_embd.weight
        vision.positional_embedding  | v.position_embd.weight
        vision.ln_pre.*              | v.pre_ln.*
        vision.blocks.#.ln_1.*       | v.blk.#.ln1.*
        vision.blocks.#.attn.qkv.*   | v.blk.#.attn_{q,k,v}.*
        vision.blocks.#.attn.out.*   | v.blk.#.attn_out.*
        vision.blocks.#.ln_2.*       | v.blk.#.ln2.*
        vision.blocks.#.mlp.fc.*     | v.blk.#.ffn_down.*
        vision.blocks.#.mlp.proj.*   | v.blk.#.ffn_up.*
        vision.ln_post.*             | v.post_ln.*
        vision.projection            | visual_projection.weight
        text.token_embedding         | t.token_embd.weight
        text.positional_embedding    | t.position_embd.weight
        text.blocks.#.ln_1.*         | t.blk.#.ln1.*
        text.blocks.#.attn.qkv.*     | t.blk.#.attn_{q,k,v}.*
        text.blocks.#.attn.out.*     | t.blk.#.attn_out.*
        text.blocks.#.ln_2.*         | t.blk.#.ln2.*
        text.blocks.#.mlp.fc.*       | t.blk.#.ffn_down.*
        text.blocks.#.mlp.proj.*     | t.blk.#.ffn_up.*
        text.ln_final.*              | t.post_ln.*
        text.projection              | text_projection.weight
        """;

    private const string Turned = " ᵀ", Absent = "-";

    private static readonly Dictionary<string, string[]> More = Read(MoreRows);

    private static readonly Dictionary<string, string[]> Table = Read(Rows).ToDictionary(
        static row => row.Key, static row => (string[])[.. row.Value, .. More.GetValueOrDefault(row.Key) ?? [Absent]]);

    /// <summary>Tensors that carry nothing: they are dropped by name, never by silence.</summary>
    private static readonly string[] Ignorable =
    [
        "input_resolution", "context_length", "vocab_size", "attn_mask", "text.attn_mask",
        "text_model.embeddings.position_ids", "vision_model.embeddings.position_ids",
    ];

    // Behind every batch norm.
    private const string IgnorableEnd = ".num_batches_tracked";

    private static readonly string[] OfVision = ["visual.", "vision_model.", "visual_projection.", "v."];

    private static readonly string[] OfText =
        ["transformer.", "token_embedding.", "positional_embedding", "ln_final.", "text_projection", "text.", "text_model.", "t."];

    /// <summary>OpenAI's and OpenCLIP's flat names: <c>visual.conv1.weight</c>, <c>transformer.resblocks.0…</c></summary>
    public static Dialect OpenClip { get; } = new("OpenClip", 0);

    /// <summary>As <see cref="OpenClip"/>, with the text tower's names below <c>text.</c> (OpenCLIP's CustomTextCLIP).</summary>
    public static Dialect OpenClipCustomText { get; } = new("OpenClipCustomText", 0, "text.");

    /// <summary>Hugging Face's: <c>vision_model.…</c>, <c>text_model.…</c></summary>
    public static Dialect HuggingFace { get; } = new("HuggingFace", 1);

    /// <summary>clip.cpp's, in GGUF files: <c>v.blk.…</c>, <c>t.blk.…</c></summary>
    public static Dialect ClipCpp { get; } = new("clip.cpp", 2);

    /// <summary>Every dialect.</summary>
    public static IReadOnlyList<Dialect> Dialects { get; } = [OpenClip, OpenClipCustomText, HuggingFace, ClipCpp];

    /// <summary>The canonical names with their wildcards.</summary>
    public static IEnumerable<string> Patterns => Table.Keys;

    /// <summary>What a dialect calls one of our tensors; null where it has no such thing.</summary>
    /// <param name="canonical">Our name.</param>
    /// <param name="dialect">The dialect.</param>
    public static SourceName? Of(string canonical, Dialect dialect)
    {
        (string pattern, List<string> numbers, string leaf) = Generalize(canonical);
        if (!Table.TryGetValue(pattern, out string[]? cells) || cells[dialect.Column] == Absent)
            return null;
        string cell = cells[dialect.Column];
        bool isTurned = cell.EndsWith(Turned, StringComparison.Ordinal);
        string name = (isTurned ? cell[..^Turned.Length] : cell).Replace("*", leaf, StringComparison.Ordinal);
        foreach (string number in numbers)
        {
            int hash = name.IndexOf('#', StringComparison.Ordinal);
            name = $"{name.AsSpan(0, hash)}{number}{name.AsSpan(hash + 1)}";
        }
        if (canonical.StartsWith("text.", StringComparison.Ordinal))
            name = dialect.TextPrefix + name;
        return new(Alternatives(name), isTurned);
    }

    /// <summary>The dialect that names most of a checkpoint's tensors; null where it names none.</summary>
    /// <param name="holds">Whether the checkpoint has a tensor of a name.</param>
    public static Dialect? DialectOf(Func<string, bool> holds)
    {
        // A row with its first number and with weights: what a tower of any size has.
        int Hits(Dialect dialect) => Patterns.Count(pattern =>
            Of(pattern.Replace('#', '0').Replace("*", "weight", StringComparison.Ordinal), dialect) is SourceName source
            && source.Names.All(holds));
        Dialect best = Dialects.MaxBy(Hits)!;
        return Hits(best) > 0 ? best : null;
    }

    /// <summary>Whether a file may hold this tensor although nothing needs it.</summary>
    public static bool IsIgnorable(string name) =>
        Array.IndexOf(Ignorable, name) >= 0 || name.EndsWith(IgnorableEnd, StringComparison.Ordinal);

    /// <summary>Whether a name belongs to the vision tower, in any dialect.</summary>
    public static bool IsOfVision(string name) => Array.Exists(OfVision, start => name.StartsWith(start, StringComparison.Ordinal));

    /// <summary>Whether a name belongs to the text tower, in any dialect.</summary>
    public static bool IsOfText(string name) => Array.Exists(OfText, start => name.StartsWith(start, StringComparison.Ordinal));

    private static Dictionary<string, string[]> Read(string rows) => rows.Split('\n').Skip(1)
        .Select(static row => Array.ConvertAll(row.Split('|'), static cell => cell.Trim()))
        .ToDictionary(static cells => cells[0], static cells => cells[1..]);

    /// <summary>vision.blocks.3.ln_1.weight → vision.blocks.#.ln_1.*, [3], weight</summary>
    private static (string Pattern, List<string> Numbers, string Leaf) Generalize(string canonical)
    {
        string[] words = canonical.Split('.');
        List<string> numbers = [];
        for (int i = 0; i < words.Length; i++)
            if (words[i].All(char.IsAsciiDigit))
            {
                numbers.Add(words[i]);
                words[i] = "#";
            }
        string leaf = words[^1];
        if (leaf is "weight" or "bias" or "running_mean" or "running_var")
            words[^1] = "*";
        return (string.Join('.', words), numbers, leaf);
    }

    /// <summary>a.{q,k,v}.b → a.q.b, a.k.b, a.v.b</summary>
    private static string[] Alternatives(string name)
    {
        int open = name.IndexOf('{', StringComparison.Ordinal);
        if (open < 0)
            return [name];
        int close = name.IndexOf('}', open);
        return [.. name[(open + 1)..close].Split(',').Select(word => $"{name.AsSpan(0, open)}{word}{name.AsSpan(close + 1)}")];
    }
}

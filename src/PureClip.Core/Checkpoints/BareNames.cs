using PureClip.Files;

namespace PureClip.Checkpoints;

/// <summary>
/// A checkpoint's names without what trainers, compilers and wrappers have put around them. What they have added beside the model, and
/// second copies of it, are set aside with the reason.
/// </summary>
internal sealed class BareNames
{
    // What wrappers put before all names: DataParallel, torch.compile, Lightning, transformers.
    // TinyCLIP's own files have a wrapper for each half.
    private static readonly string[] Wrappers =
    [
        "module.", "_orig_mod.", "clip_model.", "clip.", "model.", "_image_encoder.", "_text_encoder.", "_logit_scale.",
    ];

    // TinyCLIP's automatic compression leaves other heads and widths in every block, which no configuration here can say.
    private const string OfAutomaticCompression = "_encoder_without_ddp.";

    // What training programs put before a copy that is averaged over the steps.
    private static readonly string[] Averages = ["ema_model.", "model_ema.", "averaged_model.", "ema."];

    private static readonly string[] Before = [.. Wrappers, .. Averages];

    // What stands in the middle of names where parts of a model were wrapped by themselves.
    private static readonly string[] Between = ["._orig_mod.", ".module.", "._fsdp_wrapped_module.", "._checkpoint_wrapped_module."];

    // transformers saves a tower by itself without the tower's name before its tensors'; linear is sentence-transformers' dense layer.
    private static readonly (string Tower, string Sign)[] LoneTowers =
    [
        ("text_model.", "embeddings.token_embedding.weight"), ("vision_model.", "embeddings.class_embedding"),
        ("distilbert.", "embeddings.word_embeddings.weight"), ("distilbert.", "transformer.layer.0.attention.q_lin.weight"),
    ];

    private static readonly string[] OfLoneTowers =
        ["embeddings.", "encoder.", "pre_layrnorm.", "post_layernorm.", "final_layer_norm.", "transformer.", "linear."];

    // As BERT's first programs called a norm's numbers.
    private static readonly (string Old, string New)[] OldEnds =
        [("LayerNorm.gamma", "LayerNorm.weight"), ("LayerNorm.beta", "LayerNorm.bias")];

    private readonly Dictionary<string, string> _byBareName = new(StringComparer.Ordinal);
    private readonly List<(string Name, string Reason)> _outside = [];

    private BareNames(string prefix) => Prefix = prefix;

    /// <summary>What stands before the model's names; empty for most.</summary>
    public string Prefix { get; }

    /// <summary>The name in the checkpoint by the bare one.</summary>
    public IReadOnlyDictionary<string, string> ByBareName => _byBareName;

    /// <summary>Names that stand beside the model, with the reason.</summary>
    public IReadOnlyList<(string Name, string Reason)> Outside => _outside;

    /// <summary>Takes off the names of a checkpoint what is not the model's.</summary>
    /// <exception cref="InvalidDataException">They are of a model whose blocks are not alike.</exception>
    public static BareNames Of(IEnumerable<string> names)
    {
        (string Name, string Prefix, string Bare)[] all = [.. names.Select(Split)];
        if (Array.Find(all, static name => name.Name.Contains(OfAutomaticCompression, StringComparison.Ordinal)).Name is string pruned)
            Problem.InvalidData(
                $"This is a TinyCLIP of the kind \"auto\" (it has {Problem.Quote(pruned)}): every block has other heads and widths, " +
                "which is not supported. Use a TinyCLIP without \"auto\" in its name.");
        bool isBare = Array.TrueForAll(all, static name => name.Prefix.Length == 0); // as most are
        BareNames result = new(isBare ? "" : FullestPrefix(all));
        foreach ((string name, string before, string bare) in all)
            if (before == result.Prefix)
                result.Add(name, before, bare);
        foreach ((string name, string before, string bare) in all)
            if (before != result.Prefix)
                result.Add(name, before, bare);
        result.NameLoneTower();
        return result;
    }

    /// <summary>Where most of a model is; of a model and its average, the model.</summary>
    private static string FullestPrefix((string Name, string Prefix, string Bare)[] names) =>
        names.GroupBy(static name => name.Prefix, StringComparer.Ordinal)
            .OrderByDescending(static group => group.Count(static name => IsOfModel(name.Bare)))
            .ThenBy(static group => IsAverage(group.Key)).ThenBy(static group => group.Key.Length)
            .First().Key;

    private void Add(string name, string prefix, string bare)
    {
        bool isInside = prefix == Prefix, isOfModel = isInside || IsOfModel(bare);
        if (isOfModel && _byBareName.TryGetValue(bare, out string? taken))
            _outside.Add((name, $"is a second copy of {taken}"));
        else if (isOfModel)
            _byBareName.Add(bare, name); // a logit scale stands outside a wrapper at times
        else if (Prefix.Length > 0 || IsAverage(prefix))
            _outside.Add((name, "stands beside the model, whose names begin with " + (Prefix.Length > 0 ? Prefix : "no such word")));
        else if (!_byBareName.TryAdd(name, name))
            _outside.Add((name, $"is a second copy of {_byBareName[name]}"));
    }

    /// <summary>Gives the tensors of a tower that was saved by itself the names that they have in a whole model.</summary>
    private void NameLoneTower()
    {
        (string? tower, _) = Array.Find(LoneTowers, tower => _byBareName.ContainsKey(tower.Sign));
        if (tower is null || _byBareName.Keys.Any(name => name.StartsWith(tower, StringComparison.Ordinal)))
            return;
        foreach ((string bare, string name) in _byBareName.ToArray())
            if (StartsWithAny(bare, OfLoneTowers))
            {
                _byBareName.Remove(bare);
                _byBareName.Add(tower + bare, name);
            }
    }

    private static (string Name, string Prefix, string Bare) Split(string name)
    {
        int start = 0;
        while (Array.Find(Before, word => name.AsSpan(start).StartsWith(word, StringComparison.Ordinal)) is string word)
            start += word.Length;
        string bare = name[start..];
        foreach (string wrapper in Between)
            while (bare.Contains(wrapper, StringComparison.Ordinal))
                bare = bare.Replace(wrapper, ".", StringComparison.Ordinal);
        foreach ((string old, string now) in OldEnds)
            if (bare.EndsWith(old, StringComparison.Ordinal))
                bare = bare[..^old.Length] + now;
        return (name, name[..start], bare);
    }

    private static bool IsOfModel(string bare) =>
        bare is Names.LogitScale or Names.LogitBias || Names.IsOfVision(bare) || Names.IsOfText(bare) || StartsWithAny(bare, OfLoneTowers);

    private static bool IsAverage(string prefix) => Array.Exists(Averages, average => prefix.Contains(average, StringComparison.Ordinal));

    private static bool StartsWithAny(string name, string[] starts) =>
        Array.Exists(starts, start => name.StartsWith(start, StringComparison.Ordinal));
}

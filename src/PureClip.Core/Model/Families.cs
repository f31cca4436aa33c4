namespace PureClip.Model;

/// <summary>The towers of one model.</summary>
/// <param name="Vision">For pictures; null where the model has none.</param>
/// <param name="Text">For texts; null where the model has none.</param>
internal sealed record Towers(VisionTower? Vision, TextTower? Text) : IDisposable
{
    /// <summary>Every tensor of both.</summary>
    public IEnumerable<Parameter> Parameters => (Vision?.Parameters ?? []).Concat(Text?.Parameters ?? []);

    /// <summary>
    /// The towers that a configuration describes, without numbers: a family of towers is known here and where its configuration is read.
    /// </summary>
    public static Towers Of(ClipConfig config) => new(
        config.Vision switch
        {
            VisionTransformerConfig vision => new VisionTransformer(vision, config.EmbeddingWidth),
            ResNetConfig vision => new ResNet(vision, config.EmbeddingWidth),
            FastVitConfig vision => new FastVit(vision, config.EmbeddingWidth),
            ConvNextConfig vision => new ConvNext(vision, config.EmbeddingWidth),
            _ => null,
        },
        config.Text switch
        {
            { Bert: BertConfig bert } text => new BertEncoder(text, bert, config.EmbeddingWidth),
            TextConfig text => new TextTransformer(text, config.EmbeddingWidth),
            _ => null,
        });

    /// <inheritdoc/>
    public void Dispose()
    {
        Vision?.Dispose();
        Text?.Dispose();
    }
}

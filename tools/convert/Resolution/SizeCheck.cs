using PureClip.Model;

namespace PureClip.Convert.Resolution;

/// <summary>Compares what a configuration says with what the tensors are.</summary>
internal static class SizeCheck
{
    /// <summary>Fails where a tower that the weights have is described with other sizes, or not at all.</summary>
    /// <exception cref="InvalidDataException">It is; all differences are listed.</exception>
    public static void Require(ModelSizes sizes, ClipConfig stated, string file)
    {
        List<string> differences = [];
        void Compare(string what, int? said, int found)
        {
            if (said != found)
                differences.Add($"{what}: {file} says {(said is int number ? number : "nothing")}, the tensors say {found}");
        }

        Compare("embedding width", stated.EmbeddingWidth, sizes.EmbeddingWidth);
        if (sizes.Vision is VisionSizes vision)
        {
            Compare("vision width", stated.Vision?.Transformer.Width, vision.Width);
            Compare("vision layers", stated.Vision?.Transformer.Layers, vision.Layers);
            Compare("vision MLP width", stated.Vision?.Transformer.MlpWidth, vision.MlpWidth);
            Compare("patch size", stated.Vision?.PatchSize, vision.PatchSize);
            Compare("patches along a side", stated.Vision?.Grid, vision.Grid);
        }
        if (sizes.Text is TextSizes text)
        {
            Compare("text width", stated.Text?.Transformer.Width, text.Width);
            Compare("text layers", stated.Text?.Transformer.Layers, text.Layers);
            Compare("text MLP width", stated.Text?.Transformer.MlpWidth, text.MlpWidth);
            Compare("context length", stated.Text?.ContextLength, text.ContextLength);
            Compare("vocabulary size", stated.Text?.VocabularySize, text.VocabularySize);
        }
        if (differences.Count > 0)
            Throw.InvalidData($"Configuration and weights do not belong together:\n  {string.Join("\n  ", differences)}");
    }
}

using PureClip.Model;
using PureClip.Tests.Model;

namespace PureClip.Tests;

public sealed class ModelInspectionTests
{
    [Fact]
    public void A_model_that_loads_has_a_use_for_every_tensor_or_a_reason()
    {
        using TinyModel model = TinyModel.OpenClip().Add("input_resolution");
        ModelInspection inspection = ModelInspection.Of(model.Save());
        Assert.Empty(inspection.Problems);
        Assert.Equal(("OpenClip", "OpenClip", Path.Combine(model.Path, model.WeightsName)),
            (inspection.Layout, inspection.TensorNames, inspection.WeightsPath));
        Assert.Equal(model.Tensors.Count, inspection.Tensors.Count);
        Assert.Equal(new InspectedTensor("visual.proj", "F32", [32, 16], 2048, "vision.projection", null) with { Shape = [] },
            inspection.Tensors.Single(tensor => tensor.Name == "visual.proj") with { Shape = [] });
        Assert.Equal([32L, 16], inspection.Tensors.Single(tensor => tensor.Name == "visual.proj").Shape);
        Assert.Equal("not used: carries nothing", inspection.Tensors.Single(tensor => tensor.Name == "input_resolution").Note);
        Assert.Contains(new("vision_width", 32), inspection.Architecture);
        Assert.Contains(new("text_read_at", "largest token id"), inspection.Architecture);
        Assert.Equal(32, inspection.Preprocessing!.OutputWidth);
        Assert.Equal("openai", inspection.TextCleaning);
    }

    [Fact]
    public void What_a_tower_needs_is_what_a_loaded_one_takes()
    {
        using TinyModel model = TinyModel.HuggingFace();
        ModelInspection inspection = ModelInspection.Of(model.Save());
        TowerNeeds vision = inspection.Vision()!, narrow = inspection.Vision(WeightType.Int8)!;
        Assert.Equal(new Dictionary<WeightType, int> { [WeightType.F32] = 10 }, vision.Matrices); // two blocks of four, patches, projection
        Assert.Equal(new Dictionary<WeightType, int> { [WeightType.Int8] = 8, [WeightType.F32] = 2 }, narrow.Matrices);
        long numbers = model.Tensors.Where(pair => pair.Key.StartsWith("vis", StringComparison.Ordinal))
            .Sum(pair => (long)pair.Value.Numbers.Length);
        Assert.Equal(4 * numbers, vision.WeightBytes);
        Assert.Equal(4 * numbers - 3 * 2 * 12 * 32 * 32, narrow.WeightBytes); // 12 width² a block
        Assert.Equal(17, vision.MostRows);
        Assert.True(vision.WorkspaceBytes > 0);
        Assert.Equal(6, vision.InputsPerPass);
    }

    [Fact]
    public void Operations_are_those_of_what_is_computed()
    {
        using TinyModel model = TinyModel.HuggingFace();
        ModelInspection inspection = ModelInspection.Of(model.Save());
        using Towers towers = Towers.Of(inspection.Config!);
        Assert.Equal(towers.Vision!.Flops(17), inspection.Vision()!.Flops());
        Assert.Equal(towers.Text!.Flops(5), inspection.Text()!.Flops(5));
        Assert.Throws<ArgumentOutOfRangeException>(() => inspection.Text()!.Flops(17));
    }

    [Fact]
    public void A_model_that_does_not_load_is_listed_with_the_reason()
    {
        using TinyModel model = TinyModel.HuggingFace();
        model.Tensors.Remove("logit_scale");
        model.Tensors.Remove("text_model.final_layer_norm.bias");
        ModelInspection inspection = ModelInspection.Of(model.Save());
        Assert.Contains("text_model.final_layer_norm.bias", Assert.Single(inspection.Problems));
        Assert.Equal(model.Tensors.Count, inspection.Tensors.Count);
        Assert.All(inspection.Tensors, tensor => Assert.Equal((null, "weights and configuration do not fit"), (tensor.Use, tensor.Note)));
        Assert.Null(inspection.Vision());
        Assert.Null(inspection.FindPacked());
        Assert.NotNull(inspection.Config);
    }

    [Fact]
    public void A_lone_file_and_a_folder_without_a_model_are_listed_too()
    {
        using TinyModel model = TinyModel.HuggingFace();
        string weights = Path.Combine(model.Save(), model.WeightsName);
        ModelInspection file = ModelInspection.Of(weights);
        Assert.Empty(file.Problems);
        Assert.All(file.Tensors, tensor => Assert.Equal("no configuration to map it by", tensor.Note));
        File.Delete(Path.Combine(model.Path, "config.json"));
        ModelInspection folder = ModelInspection.Of(model.Path);
        Assert.Contains("has neither config.json nor open_clip_config.json", Assert.Single(folder.Problems));
        Assert.Equal(file.Tensors.Count, folder.Tensors.Count);
        Assert.Throws<FileNotFoundException>(() => ModelInspection.Of(Path.Combine(model.Path, "nothing")));
    }

    [Fact]
    public void A_packed_file_is_found_for_its_type()
    {
        using TinyModel model = TinyModel.HuggingFace();
        using (Clip clip = model.Load())
            clip.WritePacked(CancellationToken.None);
        ModelInspection inspection = ModelInspection.Of(model.Path);
        Assert.StartsWith(Path.Combine(model.Path, "packed-"), inspection.FindPacked());
        Assert.Null(inspection.FindPacked(WeightType.BF16));
    }

    [Fact]
    public void A_ResNet_is_described_by_its_own_words()
    {
        using TinyResNet model = new();
        ModelInspection inspection = ModelInspection.Of(model.Path);
        Assert.Empty(inspection.Problems);
        Assert.Contains(new("vision_layers", "1, 2, 1, 2 (ResNet)"), inspection.Architecture);
        Assert.Equal("vision.layers.1.0.bn.running_mean",
            inspection.Tensors.Single(tensor => tensor.Name == "visual.layer1.0.downsample.1.running_mean").Use);
        Assert.True(inspection.Vision()!.Flops() > 0);
    }
}

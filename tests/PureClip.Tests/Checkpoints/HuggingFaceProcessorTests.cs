using System.Text.Json.Nodes;
using PureClip.Checkpoints;
using PureClip.Imaging;

namespace PureClip.Tests.Checkpoints;

/// <summary>What the picture rules of transformers say, in all their spellings, and what is refused.</summary>
public sealed class HuggingFaceProcessorTests
{
    [Fact]
    public void Preprocessing_is_read()
    {
        ImagePreprocessorConfig config = Preprocessing(_ => { });
        Assert.Equal(ImagePreprocessorConfig.OpenAI(32) with
        {
            RescaleRule = RescaleRule.MultiplyByFactor,
            RescaleFactor = 0.00392156862745098,
        }, config);
    }

    [Fact]
    public void Sizes_may_be_numbers_as_in_old_files()
    {
        ImagePreprocessorConfig objects = Preprocessing(_ => { });
        Assert.Equal(objects, Preprocessing(json =>
        {
            json["size"] = 32;
            json["crop_size"] = 32;
        }));
    }

    /// <summary>The file is what people see: its words, not those of the library's settings.</summary>
    [Theory]
    [InlineData("size", "0", "size is 0; it must be from 1 to 8192.")]
    [InlineData("size", "-32", "size is -32")]
    [InlineData("size", """{"shortest_edge":99999}""", "size is 99999")]
    [InlineData("image_std", "[1,0,1]", "image_std is [1, 0, 1]; it must be three finite positive numbers.")]
    [InlineData("image_std", "[1,-1,1]", "image_std is [1, -1, 1]")]
    [InlineData("image_mean", "[1e99,0,0]", "image_mean is [Infinity, 0, 0]; it must be three finite numbers.")]
    [InlineData("rescale_factor", "1e30", "With rescale_factor 1E+30, image_mean [")]
    [InlineData("image_std", "[1e-30,1,1]", "and image_std [1E-30, 1, 1] a network would read numbers up to")]
    public void A_number_that_makes_no_sense_is_refused_in_the_words_of_the_file(string field, string value, string message)
    {
        Exception refused = Assert.ThrowsAny<Exception>(() => Preprocessing(json => json[field] = JsonNode.Parse(value)));
        Assert.Contains(message, refused.Message);
        Assert.DoesNotMatch("ShortestEdge|Std|Mean|RescaleFactor|ChannelValues|Red", refused.Message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(128)]
    [InlineData(255)]
    public void The_colour_of_padding_is_read_where_the_converter_puts_it(int color) =>
        Assert.Equal(color, Open(model => model.Json["config.json"]["pureclip"] = Object($$"""{"resize_mode":"longest","fill_color":{{color}}}""")).Preprocessing.FillValue);

    [Theory]
    [InlineData(-1)]
    [InlineData(256)]
    public void A_colour_that_is_none_is_refused(int color) => Assert.Contains("'fill_color' is " + color, Assert.ThrowsAny<Exception>(
        () => Open(model => model.Json["config.json"]["pureclip"] = Object($$"""{"fill_color":{{color}}}"""))).Message);

    [Fact]
    public void The_shorter_edge_may_differ_from_the_crop() =>
        Assert.Equal((36, 32), Preprocessing(json => json["size"] = 36) is var config
            ? (config.ShortestEdge, config.OutputWidth) : default);

    [Fact]
    public void Height_and_width_resize_without_keeping_proportions()
    {
        ImagePreprocessorConfig config = Preprocessing(json =>
        {
            json["size"] = Object("""{"height":32,"width":32}""");
            json["do_center_crop"] = false;
            json.Remove("crop_size");
        });
        Assert.Equal((ResizeMode.Squash, 32, 32, false), (config.ResizeMode, config.OutputHeight, config.OutputWidth, config.DoCenterCrop));
    }

    [Fact]
    public void Switches_filter_and_channel_values_are_read()
    {
        ImagePreprocessorConfig config = Preprocessing(json =>
        {
            json["do_resize"] = false;
            json["do_rescale"] = false;
            json["do_normalize"] = false;
            json["resample"] = 2;
            json["rescale_factor"] = 0.5;
            json["image_mean"] = new JsonArray(0.1, 0.2, 0.3);
            json["image_std"] = new JsonArray(1, 2, 3);
        });
        Assert.Equal((false, false, false), (config.DoResize, config.DoRescale, config.DoNormalize));
        Assert.Equal((ResampleFilter.Bilinear, 0.5), (config.Interpolation, config.RescaleFactor));
        Assert.Equal((new ChannelValues(0.1f, 0.2f, 0.3f), new ChannelValues(1, 2, 3)), (config.Mean, config.Std));
    }

    [Theory]
    [InlineData("resample", 9, "preprocessor_config.json: 'resample' is 9; supported is 0 (nearest), 1 (Lanczos), 2 (bilinear), 3 (bicubic), 4 (box) or 5 (Hamming).")]
    [InlineData("resample", "bicubic", "preprocessor_config.json: 'resample' is \"bicubic\"; expected is a whole number.")]
    [InlineData("crop_size", 48, "preprocessing makes 48 x 48 pixels, but the vision tower takes 32 x 32. Check that preprocessor_config.json belongs to this model.")]
    [InlineData("size.shortest_edge", 0, "size is 0; it must be from 1 to 8192.")]
    [InlineData("size.shortest_edge", null, "preprocessor_config.json: 'size' is an object without them; supported is a number, a list of height and width, or an object with shortest_edge or with height and width.")]
    [InlineData("image_mean", 0.5, "preprocessor_config.json: 'image_mean' is 0.5; expected is a list of three numbers.")]
    [InlineData("do_resize", 1, "preprocessor_config.json: 'do_resize' is 1; expected is true or false.")]
    public void Preprocessing_that_cannot_be_used_is_refused(string field, object? value, string expected) =>
        AssertRefusal(model => Set(model.Json["preprocessor_config.json"], field, value), expected);

    [Fact]
    public void A_crop_after_resizing_both_edges_to_something_else_is_refused() => AssertRefusal(
        model => model.Json["preprocessor_config.json"]["size"] = Object("""{"height":40,"width":40}"""),
        "preprocessor_config.json: 'crop_size' is 32 x 32; supported is 40 x 40, to which size resizes without keeping proportions.");

    [Fact]
    public void A_standard_deviation_of_zero_is_refused() => AssertRefusal(
        model => model.Json["preprocessor_config.json"]["image_std"] = new JsonArray(0, 1, 1), "image_std is ", "three finite positive numbers");

    [Fact]
    public void A_processor_config_is_read_where_it_stands_alone()
    {
        ModelDirectory directory = Open(model =>
        {
            JsonObject inner = model.Json["preprocessor_config.json"].DeepClone().AsObject();
            inner["resample"] = 2;
            model.Json["processor_config.json"] = new() { ["image_processor"] = inner };
        }, "preprocessor_config.json");
        Assert.Equal(ResampleFilter.Bilinear, directory.Preprocessing.Interpolation);
        Assert.Empty(directory.Assumptions);
    }

    [Fact]
    public void A_preprocessor_config_comes_before_a_processor_config() =>
        Assert.Equal(ResampleFilter.Bicubic, Open(model => model.Json["processor_config.json"] = Object("""{"image_processor":{"resample":2}}""")).Preprocessing.Interpolation);

    [Fact]
    public void Without_a_preprocessor_config_OpenAIs_preprocessing_is_assumed_and_said()
    {
        ModelDirectory directory = Open(_ => { }, "preprocessor_config.json");
        Assert.Equal(ImagePreprocessorConfig.OpenAI(32), directory.Preprocessing);
        Assert.Equal(["No preprocessor_config.json: pictures are prepared as OpenAI does, at 32 pixels."], directory.Assumptions);
    }

    [Theory]
    [InlineData("""{"size":[32,32]}""")]
    [InlineData("""{"size":[32,32],"crop_size":[32,32]}""")]
    [InlineData("""{"size":{"height":32,"width":32},"crop_size":32}""")]
    [InlineData("""{"size":32,"use_square_size":true}""")]
    [InlineData("""{"size":[32],"use_square_size":true,"crop_size":[32]}""")]
    [InlineData("""{"size":{"shortest_edge":32,"longest_edge":null},"use_square_size":true}""")]
    public void Both_edges_have_many_spellings(string changes)
    {
        ImagePreprocessorConfig both = Preprocessing(json => json["size"] = Object("""{"height":32,"width":32}"""));
        Assert.Equal(ResizeMode.Squash, both.ResizeMode);
        Assert.Equal(both, Preprocessing(json => Change(json, changes)));
    }

    [Theory]
    [InlineData("""{"size":[36]}""", 36)]
    [InlineData("""{"size":36,"crop_size":[32]}""", 36)]
    [InlineData("""{"size":{"shortest_edge":36},"crop_size":[32,32],"use_square_size":false}""", 36)]
    public void So_has_the_shorter_edge(string changes, int edge)
    {
        ImagePreprocessorConfig config = Preprocessing(json => Change(json, changes));
        Assert.Equal((ResizeMode.ShortestEdge, edge, 32, 32), (config.ResizeMode, config.ShortestEdge, config.OutputHeight, config.OutputWidth));
    }

    [Theory]
    [InlineData("""{"size":[1,2,3]}""", "'size' is a list of another length")]
    [InlineData("""{"size":{"shortest_edge":32,"longest_edge":64}}""", "'size' is an object with longest_edge")]
    [InlineData("""{"size":{"max_height":32,"max_width":32}}""", "'size' is an object with max_height")]
    [InlineData("""{"crop_size":[]}""", "'crop_size' is a list of another length")]
    [InlineData("""{"do_pad":true}""", "'do_pad' is true")]
    [InlineData("""{"use_square_size":1}""", "'use_square_size' is 1")]
    public void Sizes_of_no_such_spelling_are_refused(string changes, string expected) =>
        AssertRefusal(model => Change(model.Json["preprocessor_config.json"], changes), expected);

    [Theory]
    [InlineData("image_processor_type", "CLIPImageProcessorFast", false)]
    [InlineData("image_processor_type", "CLIPImageProcessorPil", false)]
    [InlineData("image_processor_type", "BitImageProcessor", true)]
    [InlineData("feature_extractor_type", "CLIPFeatureExtractor", false)]
    public void The_rules_of_another_processor_are_said_to_be_read_as_CLIPs(string field, string kind, bool isSaid)
    {
        IReadOnlyList<string> assumptions = Open(model =>
        {
            model.Json["preprocessor_config.json"].Remove("image_processor_type");
            model.Json["preprocessor_config.json"][field] = kind;
        }).Assumptions;
        Assert.Equal(isSaid, assumptions.Any(sentence => sentence.Contains(kind)));
    }

    private static void Change(JsonObject json, string changes)
    {
        foreach ((string name, JsonNode? value) in Object(changes))
            json[name] = value?.DeepClone();
    }

    private static ImagePreprocessorConfig Preprocessing(Action<JsonObject> edit) =>
        Open(model => edit(model.Json["preprocessor_config.json"])).Preprocessing;

    private static ModelDirectory Open(Action<TinyModel> edit, string? without = null)
    {
        using TinyModel model = TinyModel.HuggingFace();
        edit(model);
        if (without is not null)
            model.Json.Remove(without);
        return ModelDirectory.Open(model.Save());
    }

    private static void AssertRefusal(Action<TinyModel> edit, params string[] parts)
    {
        string message = Assert.Throws<InvalidDataException>(() => Open(edit)).Message;
        Assert.All(parts, part => Assert.Contains(part, message));
    }

    /// <summary>Sets a field, or one of an inner object behind a dot; null removes it.</summary>
    private static void Set(JsonObject json, string path, object? value)
    {
        string[] names = path.Split('.');
        JsonObject parent = names[..^1].Aggregate(json, (inner, name) => inner[name]!.AsObject());
        if (value is null)
            parent.Remove(names[^1]);
        else
            parent[names[^1]] = JsonValue.Create(value);
    }

    private static JsonObject Object(string json) => JsonNode.Parse(json)!.AsObject();
}

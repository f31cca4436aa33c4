using System.Text.Json;
using PureClip.Files;
using PureClip.TextToImage;

namespace PureClip.Tests.TextToImage;

/// <summary>What generators take, against tensors that another program has computed in double precision.</summary>
public class ConditioningTests
{
    private const string Whole = "conditioning/sdxl.zip";

    private static readonly Lazy<Dictionary<string, float[]>> Small = new(() =>
        ConditioningFixture.Tensors(TestData.PathOf("conditioning/expected.safetensors")));

    private static readonly Lazy<Dictionary<string, float[]>> All = new(() =>
        ConditioningFixture.Tensors(Fixtures.PathOf("conditioning/expected.safetensors")));

    private static readonly Tolerance Restored = Tolerance.OfOneOrLarger(
        4e-6, "all numbers are divided by a mean of 0.0008, whose own rounding counts many times; PyTorch's single precision is off by 2.6e-6");

    // After its weights, the states of the larger encoder of SDXL have nearly no mean.
    private const int PromptNearZero = 12;

    private static readonly int[] Rows = [.. RowsOfChunk()];

    [Fact]
    public void Stable_Diffusion_1_takes_the_last_layer_and_with_clip_skip_the_one_before()
    {
        using Conditioning encoders = Conditioning.Load(ConditioningFixture.Directory("sd1"));
        Assert.Same(ConditioningPreset.SD1, encoders.Preset);
        CheckPlain(Small.Value, "sd1", encoders, ("prompt_embeds", "prompt_embeds"));
        for (int prompt = 0; prompt < 12; prompt++)
            Check(Small.Value[$"sd1/{prompt:00}/clip_skip_1"], encoders.Encode(Prompt(prompt), null, new() { ClipSkip = 1 })["prompt_embeds"]);
    }

    [Theory]
    [InlineData(PromptDialect.A1111), InlineData(PromptDialect.ComfyUI), InlineData(PromptDialect.Compel)]
    public void Weights_act_as_each_dialect_lets_them(PromptDialect dialect)
    {
        using Conditioning encoders = Conditioning.Load(ConditioningFixture.Directory("sd1"));
        CheckWeighted(Small.Value, "sd1", encoders, dialect);
    }

    [Fact]
    public void FLUX_takes_one_vector_and_no_negative_prompt()
    {
        using Conditioning encoders = Conditioning.Load(
            Path.Combine(ConditioningFixture.Directory("sd1"), "text_encoder"), new() { Preset = ConditioningPreset.Flux });
        CheckPlain(Small.Value, "flux", encoders, ("pooled_prompt_embeds", "pooled_prompt_embeds"));
        Assert.Equal("pooled_prompt_embeds [1, 64]", Assert.Single(encoders.Encode("a cat").All).ToString());
        Assert.Equal(2, encoders.Encode("a cat", "").All.Count);
    }

    [Fact]
    public void Shorter_prompts_get_empty_chunks()
    {
        using Conditioning encoders = Conditioning.Load(ConditioningFixture.Directory("sd1"));
        PromptOptions a1111 = new() { Dialect = PromptDialect.A1111 };
        ConditioningTensors both = encoders.Encode("a cat BREAK a dog BREAK a hat", "x", a1111);
        ConditioningTensor negative = both["negative_prompt_embeds"];
        Assert.Equal(both["prompt_embeds"].Shape.ToArray(), negative.Shape.ToArray());
        Assert.Equal([1L, 3 * 77, 64], negative.Shape.ToArray());
        TensorAssert.SameBits(encoders.Encode("x", null, a1111)["prompt_embeds"].Values, negative.Values.AsSpan(0, 77 * 64));
        float[] empty = encoders.Encode("")["prompt_embeds"].Values;
        TensorAssert.SameBits(empty, negative.Values.AsSpan(77 * 64, 77 * 64));
        TensorAssert.SameBits(empty, negative.Values.AsSpan(2 * 77 * 64));
        TensorAssert.SameBits(empty, encoders.Encode("a cat")["negative_prompt_embeds"].Values);
    }

    /// <summary>compel's mixtures and sums, by their definition over single prompts.</summary>
    [Fact]
    public void Blends_and_sums_are_those_of_their_parts()
    {
        using Conditioning encoders = Conditioning.Load(ConditioningFixture.Directory("sd1"));
        float[] Of(string prompt) => encoders.Encode(prompt, null, new() { Dialect = PromptDialect.Compel })["prompt_embeds"].Values;
        float[] cat = Of("a cat"), dog = Of("a dog"), empty = Of("");
        CheckEach(Of("(\"a cat\", \"a dog\").blend(0.6, 0.2)"), i => (0.6 * cat[i] + 0.2 * dog[i]) / 0.8);
        CheckEach(Of("(\"a cat\", \"a dog\").blend(0.6, 0.2, no_normalize)"), i => 0.6 * cat[i] + 0.2 * dog[i]);
        CheckEach(Of("(\"a cat\", \"a dog\").and(1, 0.5)"),
            i => i < cat.Length ? cat[i] : empty[i - cat.Length] + 0.5 * (dog[i - cat.Length] - (double)empty[i - cat.Length]));
    }

    [Fact]
    public void Textual_inversions_stand_where_the_reference_puts_them()
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(ConditioningFixture.PathOf("inversion/expected.json")));
        using Conditioning encoders = Conditioning.Load(ConditioningFixture.Directory("sd1"), new()
        {
            Inversions = [ConditioningFixture.PathOf("inversion/sks toy.pt"), ConditioningFixture.PathOf("inversion/learned_embeds.safetensors")],
        });
        JsonElement a1111 = document.RootElement.GetProperty("a1111"), diffusers = document.RootElement.GetProperty("diffusers");
        PromptOptions options = new() { Dialect = PromptDialect.A1111 };
        for (int i = 0; i < a1111.GetArrayLength(); i++)
        {
            string text = a1111[i].GetProperty("text").GetString()!;
            JsonElement chunks = a1111[i].GetProperty("chunks"), places = a1111[i].GetProperty("placements");
            IReadOnlyList<PromptChunk> cut = encoders.Cut(text, options);
            Assert.Equal(chunks.GetArrayLength(), cut.Count);
            for (int chunk = 0; chunk < cut.Count; chunk++)
            {
                Assert.Equal(Integers(chunks[chunk].GetProperty("ids")), cut[chunk].Ids);
                Assert.Equal(Integers(places[chunk]).SelectMany(static first => (int[])[first, first + 1]), cut[chunk].Vectors);
            }
            Check(Small.Value[$"inversion/a1111/{i}"], encoders.Encode(text, null, options)["prompt_embeds"]);
        }
        string plain = diffusers.GetProperty("text").GetString()!;
        PromptChunk only = Assert.Single(encoders.Cut(plain));
        Assert.Equal(Integers(diffusers.GetProperty("ids")), only.Ids);
        Assert.Equal(Integers(diffusers.GetProperty("vectors_at")), only.Vectors.Select(static place => place + 1));
        Check(Small.Value["inversion/diffusers"], encoders.Encode(plain)["prompt_embeds"]);

        PromptOptions comfy = new() { Dialect = PromptDialect.ComfyUI };
        Assert.Contains("no textual inversion \"nothing\"",
            Assert.Single(encoders.Encode("a photo of embedding:nothing", null, comfy).Notes), StringComparison.Ordinal);
        Assert.Equal(
            only.Ids.Take(3).Concat([0, 0, 0, 267]), encoders.Cut("a photo of embedding:learned_embeds,", comfy)[0].Ids);
    }

    [Theory]
    [InlineData("kohya-sd1.safetensors", 1.0), InlineData("kohya-sd1.safetensors", 0.7)]
    [InlineData("diffusers-sd1.safetensors", 1.0), InlineData("peft", 1.0)]
    public void LoRAs_are_added_to_the_matrices(string name, double strength)
    {
        using Conditioning encoders = Conditioning.Load(ConditioningFixture.Directory("sd1"), new()
        {
            Loras = [new(ConditioningFixture.PathOf($"lora/{name}"), strength)],
        });
        Assert.Empty(encoders.Notes);
        string key = FormattableString.Invariant($"lora/{Path.GetFileNameWithoutExtension(name)}/{strength:0.0}");
        Check(Small.Value[key], encoders.Encode(Prompt(2))["prompt_embeds"]);
    }

    [Fact]
    public void A_LoRA_that_matches_nothing_says_so_and_one_of_another_kind_is_refused()
    {
        string directory = Directory.CreateTempSubdirectory("pureclip-lora-").FullName;
        try
        {
            string unet = Path.Combine(directory, "unet.safetensors"), loha = Path.Combine(directory, "loha.safetensors");
            SafetensorsWriter.Write(unet, [TensorSource.FromFloats("lora_unet_down.lora_down.weight", [1, 1], new float[1])]);
            SafetensorsWriter.Write(loha, [TensorSource.FromFloats("lora_te_text_model_encoder_layers_0_mlp_fc1.hada_w1_a", [1, 1], new float[1])]);
            string sd1 = ConditioningFixture.Directory("sd1");
            using (Conditioning encoders = Conditioning.Load(sd1, new() { Loras = [new(unet)] }))
                Assert.Contains("changes nothing here", Assert.Single(encoders.Notes), StringComparison.Ordinal);
            InvalidDataException error = Assert.Throws<InvalidDataException>(() => Conditioning.Load(sd1, new() { Loras = [new(loha)] }));
            Assert.Contains("LoHa", error.Message, StringComparison.Ordinal);
            Assert.Throws<FileNotFoundException>(() => Conditioning.Load(sd1, new() { Loras = [new(loha + "x")] }));
            Assert.Throws<FileNotFoundException>(() => Conditioning.Load(sd1, new() { Inversions = [loha + "x"] }));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public void What_is_no_generator_is_refused_with_what_to_do()
    {
        Assert.Throws<FileNotFoundException>(() => Conditioning.Load("no such thing"));
        string encoder = Path.Combine(ConditioningFixture.Directory("sd1"), "text_encoder");
        Assert.Contains("Name the preset", Assert.Throws<InvalidDataException>(() => Conditioning.Load(encoder)).Message, StringComparison.Ordinal);
        Assert.Contains("Name the preset", Assert.Throws<InvalidDataException>(
            () => Conditioning.Load(Path.Combine(encoder, "model.safetensors"))).Message, StringComparison.Ordinal);
        Assert.Contains("no folder text_encoder_2", Assert.Throws<InvalidDataException>(
            () => Conditioning.Load(ConditioningFixture.Directory("sd1"), new() { Preset = ConditioningPreset.SdxlBase })).Message, StringComparison.Ordinal);
        using Conditioning encoders = Conditioning.Load(ConditioningFixture.Directory("sd1"));
        Assert.Throws<ArgumentException>(() => encoders.Encode("a", null, new() { ClipSkip = 5 }));
        Assert.Throws<ArgumentException>(() => encoders.Encode("a", null, new() { Dialect = (PromptDialect)9 }));
        Assert.Throws<ArgumentException>(() => encoders.Encode("(a:inf)", null, new() { Dialect = PromptDialect.ComfyUI }));
        encoders.Dispose();
        Assert.Throws<ObjectDisposedException>(() => encoders.Encode("a"));
    }

    [Fact]
    public void A_saved_file_has_the_arguments_of_the_pipeline()
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory("pureclip-cond-").FullName, "cond.safetensors");
        using Conditioning encoders = Conditioning.Load(ConditioningFixture.Directory("sd1"));
        ConditioningTensors tensors = encoders.Encode("a cat", "blurry");
        tensors.Save(path);
        Dictionary<string, float[]> read = ConditioningFixture.Tensors(path);
        Assert.Equal(["negative_prompt_embeds", "prompt_embeds"], read.Keys.Order());
        TensorAssert.SameBits(tensors["prompt_embeds"].Values, read["prompt_embeds"]);
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.Equal("sd1", file.Metadata["generator"]);
        Assert.Throws<KeyNotFoundException>(() => tensors["pooled_prompt_embeds"]);
    }

    /// <summary>The same bits, whatever else is asked for and however many threads compute.</summary>
    [Fact]
    public void A_prompt_has_the_same_bits_in_any_company()
    {
        using Runtime one = new(1), three = new(3);
        using Conditioning alone = Conditioning.Load(ConditioningFixture.Directory("sd1"), new() { Runtime = one });
        using Conditioning together = Conditioning.Load(ConditioningFixture.Directory("sd1"), new() { Runtime = three, ReadWeights = true });
        PromptOptions options = new() { Dialect = PromptDialect.Compel };
        float[] expected = alone.Encode("a (red)0.4 car", null, options)["prompt_embeds"].Values;
        Parallel.For(0, 8, i => TensorAssert.SameBits(
            expected, together.Encode("a (red)0.4 car", $"number {i}", options)["prompt_embeds"].Values));
    }

    [FixtureFact(Whole)]
    public void Stable_Diffusion_2_gives_the_same_from_folder_and_single_file()
    {
        using Conditioning folder = Conditioning.Load(ConditioningFixture.Directory("sd2"));
        using Conditioning single = Conditioning.Load(FileOf("sd2-single"));
        Assert.Same(ConditioningPreset.SD2, folder.Preset);
        Assert.Same(ConditioningPreset.SD2, single.Preset);
        CheckPlain(All.Value, "sd2", folder, ("prompt_embeds", "prompt_embeds"));
        CheckPlain(All.Value, "sd2", single, ("prompt_embeds", "prompt_embeds"));
    }

    [FixtureTheory(Whole), InlineData(false), InlineData(true)]
    public void SDXL_takes_two_encoders_and_zeros_for_no_negative_prompt(bool isSingle)
    {
        using Conditioning encoders = Conditioning.Load(isSingle ? FileOf("sdxl-single") : ConditioningFixture.Directory("sdxl"));
        Assert.Equal("sdxl", encoders.Preset.Name);
        CheckPlain(All.Value, "sdxl", encoders, ("prompt_embeds", "prompt_embeds"), ("pooled_prompt_embeds", "pooled_prompt_embeds"));
        foreach (PromptDialect dialect in (PromptDialect[])[PromptDialect.A1111, PromptDialect.ComfyUI, PromptDialect.Compel])
            CheckWeighted(All.Value, "sdxl", encoders, dialect);
        ConditioningTensors none = encoders.Encode("a cat"), empty = encoders.Encode("a cat", "");
        Assert.All(none["negative_prompt_embeds"].Values, static x => Assert.Equal(0, x));
        Assert.All(none["negative_pooled_prompt_embeds"].Values, static x => Assert.Equal(0, x));
        TensorAssert.SameBits(encoders.Encode("")["prompt_embeds"].Values, empty["negative_prompt_embeds"].Values);
        Assert.All(
            encoders.Encode("a", "", new() { Dialect = PromptDialect.A1111 })["negative_prompt_embeds"].Values, static x => Assert.Equal(0, x));
    }

    [FixtureTheory(Whole)]
    [InlineData("sd1-single", "sd1"), InlineData("sd3-single", "sd3"), InlineData("sdxl-refiner-single", "sdxl-refiner")]
    [InlineData("comfyui-clip_l", "flux"), InlineData("open_clip", "sd2")]
    public void Files_are_known_by_what_their_names_begin_with(string layout, string preset)
    {
        string path = Renamed(layout);
        bool isLone = layout is "comfyui-clip_l" or "open_clip";
        using Conditioning encoders = Conditioning.Load(path, new() { Preset = isLone ? ConditioningPreset.Find(preset) : null });
        Assert.Equal(preset, encoders.Preset.Name);
        switch (preset)
        {
            case "flux":
                CheckPlain(All.Value, "flux", encoders, ("pooled_prompt_embeds", "pooled_prompt_embeds"));
                break;
            case "sd3":
                CheckPlain(All.Value, "sd3", encoders, ("pooled_prompt_embeds", "pooled_prompt_embeds"));
                ConditioningTensor states = encoders.Encode(Prompt(0))["prompt_embeds"];
                Assert.Equal([1L, 77, 4096], states.Shape.ToArray());
                float[] joined = [.. Enumerable.Range(0, 77).SelectMany(row => states.Values.AsSpan(row * 4096, 192).ToArray())];
                Check(All.Value["sdxl/00/prompt_embeds"], new("", [], joined));
                Assert.False(states.Values.AsSpan(192, 4096 - 192).ContainsAnyExcept(0f));
                break;
            case "sdxl-refiner":
                for (int prompt = 0; prompt < 12; prompt++)
                {
                    ConditioningTensors tensors = encoders.Encode(Prompt(prompt));
                    Check(All.Value[$"sdxl/{prompt:00}/pooled_prompt_embeds"], tensors["pooled_prompt_embeds"]);
                    float[] both = All.Value[$"sdxl/{prompt:00}/prompt_embeds"];
                    Check([.. both.Chunk(192).SelectMany(static row => row[64..])], tensors["prompt_embeds"], "its G");
                }
                Assert.Contains(encoders.Encode("a")["negative_prompt_embeds"].Values, static x => x != 0);
                break;
            default:
                CheckPlain(All.Value, preset, encoders, ("prompt_embeds", "prompt_embeds"));
                break;
        }
    }

    [FixtureFact(Whole)]
    public void Stable_Cascade_does_not_see_padding_and_Kandinsky_does()
    {
        string g = Path.Combine(ConditioningFixture.Directory("sdxl"), "text_encoder_2", "model.safetensors");
        using (Conditioning cascade = Conditioning.Load(g, new() { Preset = ConditioningPreset.StableCascade }))
        {
            CheckPlain(All.Value, "cascade", cascade, ("prompt_embeds", "prompt_embeds"), ("prompt_embeds_pooled", "prompt_embeds_pooled"));
            Assert.Equal([1L, 1, 128], cascade.Encode("a")["negative_prompt_embeds_pooled"].Shape.ToArray());
        }
        using Conditioning kandinsky = Conditioning.Load(g, new() { Preset = ConditioningPreset.Kandinsky22 });
        CheckPlain(
            All.Value, "kandinsky22", kandinsky, ("text_encoder_hidden_states", "text_encoder_hidden_states"), ("prompt_embeds", "prompt_embeds"));
        float[] mask = kandinsky.Encode("a cat")["text_mask"].Values;
        Assert.Equal([1, 1, 1, 1], mask[..4]);
        Assert.All(mask[4..], static x => Assert.Equal(0, x));
    }

    [FixtureFact(Whole)]
    public void LoRAs_and_inversions_of_SDXL_go_to_both_encoders()
    {
        string sdxl = ConditioningFixture.Directory("sdxl");
        using (Conditioning encoders = Conditioning.Load(sdxl, new() { Loras = [new(ConditioningFixture.PathOf("lora/kohya-sdxl.safetensors"))] }))
        {
            Assert.Empty(encoders.Notes);
            Check(All.Value["lora/kohya-sdxl/1.0"], encoders.Encode(Prompt(2))["prompt_embeds"]);
        }
        using Conditioning inverted = Conditioning.Load(
            sdxl, new() { Inversions = [ConditioningFixture.PathOf("inversion/sdxl.safetensors")] });
        Assert.Equal([1, 2, 3], inverted.Cut("a sdxl", new() { Dialect = PromptDialect.A1111 })[0].Vectors);
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => Conditioning.Load(
            ConditioningFixture.Directory("sd2"), new() { Inversions = [ConditioningFixture.PathOf("inversion/learned_embeds.safetensors")] }));
        Assert.Contains("64", error.Message, StringComparison.Ordinal);
    }

    private static void CheckPlain(
        Dictionary<string, float[]> expected, string family, Conditioning encoders, params (string Expected, string Found)[] names)
    {
        for (int prompt = 0; prompt < 12; prompt++)
        {
            ConditioningTensors tensors = encoders.Encode(Prompt(prompt));
            foreach ((string name, string found) in names)
                Check(expected[$"{family}/{prompt:00}/{name}"], tensors[found], $"{family} {prompt} {name}");
        }
    }

    private static void CheckWeighted(Dictionary<string, float[]> expected, string family, Conditioning encoders, PromptDialect dialect)
    {
        foreach (int prompt in (int[])[2, 9, 12, 20, 27, 39, 48, 51, 55, 56])
        {
            ConditioningTensors tensors = encoders.Encode(Prompt(prompt), null, new() { Dialect = dialect, Truncate = true });
            string key = $"{family}/{dialect.ToString().ToLowerInvariant()}/{prompt:00}";
            Check(expected[key], tensors["prompt_embeds"], key, family == "sdxl" && dialect == PromptDialect.A1111 && prompt == PromptNearZero ? Restored : null);
            if (expected.TryGetValue($"{key}/pooled", out float[]? pooled))
                Check(pooled, tensors["pooled_prompt_embeds"], key);
        }
    }

    /// <summary>Compares all rows, or those that the fixture keeps of each chunk.</summary>
    private static void Check(float[] expected, ConditioningTensor found, string what = "", Tolerance? tolerance = null)
    {
        float[] numbers = found.Values;
        if (numbers.Length != expected.Length)
        {
            int chunks = found.Shape.Length == 3 ? (int)found.Shape[1] / 77 : 1, width = numbers.Length / (77 * chunks);
            numbers = [.. Enumerable.Range(0, chunks).SelectMany(chunk =>
                Rows.SelectMany(row => found.Values.AsSpan((chunk * 77 + row) * width, width).ToArray()))];
        }
        TensorAssert.Equal(expected, numbers, tolerance ?? ConditioningFixture.SinglePrecision, $"{found.Name} {what}");
    }

    private static void CheckEach(float[] found, Func<int, double> expected)
    {
        for (int i = 0; i < found.Length; i++)
            Assert.Equal(expected(i), found[i], 2e-6);
    }

    private static IEnumerable<int> RowsOfChunk()
    {
        using SafetensorsFile file = SafetensorsFile.Open(TestData.PathOf("conditioning/expected.safetensors"));
        long[] rows = new long[file["positions"].ElementCount];
        file.Read(file["positions"], 0, System.Runtime.InteropServices.MemoryMarshal.AsBytes(rows.AsSpan()));
        return rows.Select(static row => (int)row);
    }

    private static IEnumerable<int> Integers(JsonElement list) => list.EnumerateArray().Select(static element => element.GetInt32());

    private static string Prompt(int index)
    {
        using JsonDocument prompts = JsonDocument.Parse(File.ReadAllText(ConditioningFixture.PathOf("prompts.json")));
        return prompts.RootElement.GetProperty("prompts")[index].GetProperty("text").GetString()!;
    }

    private static string FileOf(string name) => Path.Combine(ConditioningFixture.Directory(name), $"{name}.safetensors");

    /// <summary>A layout that differs from another by what names begin with.</summary>
    private static string Renamed(string layout)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(Fixtures.PathOf("conditioning/renamed.json")));
        string path = Path.Combine(Directory.CreateTempSubdirectory("pureclip-renamed-").FullName, "model.safetensors");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => File.Delete(path);
        List<SafetensorsFile> files = [];
        List<TensorSource> tensors = [];
        foreach (JsonElement part in document.RootElement.GetProperty(layout).EnumerateArray())
        {
            string[] place = part[0].GetString()!.Split(':');
            string removed = part[1].GetString()!, added = part[2].GetString()!;
            SafetensorsFile file = SafetensorsFile.Open(Path.Combine(ConditioningFixture.Directory(place[0]), place[1]));
            files.Add(file);
            tensors.AddRange(file.Tensors.Where(tensor => tensor.Name.StartsWith(removed, StringComparison.Ordinal))
                .Select(tensor => TensorSource.FromFile(file, tensor) with { Name = added + tensor.Name[removed.Length..] }));
        }
        SafetensorsWriter.Write(path, tensors);
        files.ForEach(static file => file.Dispose());
        return path;
    }
}

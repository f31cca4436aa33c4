#pragma warning disable MEAI001, PURECLIP001 // experimental there and here
using Microsoft.Extensions.AI;
using PureClip.Generation;
using PureClip.Generation.AI;
using PureClip.Tests.Cli;

namespace PureClip.Tests.Generation;

public sealed class ClipImageGeneratorTests
{
    [Fact]
    public async Task Draws_what_the_generator_draws()
    {
        using TemporaryFolder folder = new();
        using Clip clip = Clip.Load(TestData.Weights("pictogram-mini"), new() { Threads = 1 });
        using PictureGenerator generator = PictureGenerator.Load(TinyGenerator.Write(folder["net"], clip.Fingerprint), clip);
        using ClipImageGenerator images = new(generator);
        ImageGenerationOptions options = new()
        {
            Count = 2,
            ImageSize = new(128, 128),
            AdditionalProperties = new() { ["steps"] = 2, ["seed"] = 9, ["style"] = "inky" },
        };
        ImageGenerationResponse response = await images.GenerateAsync(new("a hat"), options);
        DrawnPicture[] expected = [.. generator.Draw(
            DrawingPrompt.FromText("a hat"), new() { Count = 2, Steps = 2, Seed = 9, Style = "inky" })];
        Assert.Equal(expected.Select(picture => picture.Enlarge(2).ToPng()), response.Contents.Select(one => ((DataContent)one).Data.ToArray()));
        Assert.All(response.Contents, one => Assert.Equal("image/png", ((DataContent)one).MediaType));

        byte[] dog = File.ReadAllBytes(TestData.PathOf("gallery/dog.png"));
        options = new() { AdditionalProperties = new() { ["steps"] = 2 } };
        response = await images.GenerateAsync(new("a hat", [new DataContent(dog, "image/png")]), options);
        DrawingPrompt sum = DrawingPrompt.Sum([(1, DrawingPrompt.FromText("a hat")), (1, DrawingPrompt.FromPicture(dog))]);
        Assert.Equal(generator.Draw(sum, new() { Steps = 2 })[0].ToPng(), ((DataContent)Assert.Single(response.Contents)).Data.ToArray());

        await Assert.ThrowsAsync<NotSupportedException>(() => images.GenerateAsync(new("x"), new() { ImageSize = new(100, 100) }));
        await Assert.ThrowsAsync<NotSupportedException>(() => images.GenerateAsync(new("x"), new() { MediaType = "image/jpeg" }));
        await Assert.ThrowsAsync<ArgumentException>(() => images.GenerateAsync(new("")));
        Assert.Same(generator, images.GetService(typeof(PictureGenerator)));
        Assert.Same(images, images.GetService(typeof(IImageGenerator)));
    }
}

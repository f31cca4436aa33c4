namespace PureClip.Tests.Imaging.Jpeg;

/// <summary>Compares with Pillow over the hundreds of files that <c>tools/golden/make_jpeg.py</c> writes; too many to commit.</summary>
public class JpegOracleTests
{
    private const string Variable = "PURECLIP_PICTURES";

    [PicturesFact]
    public void All_generated_files_decode_as_Pillow_decodes_them()
    {
        int files = PictureList.Check(Environment.GetEnvironmentVariable(Variable)!, "manifest.json");
        Assert.InRange(files, 300, int.MaxValue);
    }

    [AttributeUsage(AttributeTargets.Method)]
    private sealed class PicturesFactAttribute : FactAttribute
    {
        public PicturesFactAttribute()
        {
            if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable(Variable)))
                Skip = $"{Variable} is not set; it has to name a folder that tools/golden/make_jpeg.py has filled.";
        }
    }
}
